/** How full one meter is, and what was taken from it by whom. */
export interface MeterState {
  readonly kind: "counted" | "money" | "lease";

  /** What the admission under way would take before what is looked at: one may take from a meter twice. */
  asked: bigint;

  used(nowMs: number): bigint;

  /** Of money: taken and not settled. */
  readonly reserved: bigint;

  take(taking: Taking): void;

  /** The call is over. @returns whether something came back */
  release(taking: Taking, nowMs: number): boolean;

  /** The call was never made. @returns whether something came back */
  undo(taking: Taking, nowMs: number): boolean;

  /** @param used undefined: what was taken. @returns whether something came back */
  settle(taking: Taking, used: bigint | undefined, nowMs: number): boolean;

  renew(taking: Taking, nowMs: number): void;

  /** An amount that nothing is known to have been taken for; below 0 it is taken back. */
  charge(amount: bigint, atMs: number, nowMs: number): void;

  /** When so much will have come back; undefined if that hangs on somebody who gives it back. */
  returnsAtMs(amount: bigint, nowMs: number): number | undefined;

  /** Nothing is lost with it. */
  isIdle(nowMs: number): boolean;
}

/** What a charge took from a meter. */
export class Taking {
  /** Of leases: when it comes back unless it is renewed. */
  expiresAtMs = 0;
  /** Of money: it is no reservation any more. */
  isSettled = false;

  constructor(
    readonly meterId: string,
    readonly state: MeterState,
    public amount: bigint,
    readonly atMs: number,
  ) {}
}
