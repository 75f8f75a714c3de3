import type { AttemptUse, Quotas } from "../deployments/quotas.js";
import type { Account } from "./account.js";
import type { Admission, Refusal } from "./admission.js";
import type { LeaseHolder, LeaseKeeper } from "./lease-keeper.js";
import type { Charge, Meter, MeterUse } from "./meter.js";

/** What an attempt has been admitted to, and with what. */
export interface AdmittedAttempt {
  /** Unique; the attempt is known by it everywhere. */
  readonly attemptId: string;
  readonly requestId: string;
  /** The deployment's. */
  readonly candidateId: string;
  readonly charges: readonly Charge[];
  /** Those of them that its account pays: money. */
  readonly ofAccount: readonly Charge[];
  /** What its request takes as a whole. */
  readonly ofRequest: readonly Charge[];
  readonly account?: Pick<Account, "correctionsOf">;
  /** How full the meters were then. */
  readonly use: readonly MeterUse[];
  /** As in {@link AdmissionRequest.note}, for this candidate alone. */
  readonly note: () => string | undefined;
}

export interface PassSettings {
  readonly admission: Admission;
  readonly quotas: Quotas;
  readonly leases: LeaseKeeper;
  /** An attempt that was admitted longer ago is admitted anew before it is sent: it counts where it arrives. */
  readonly freshMs: number;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

/** What one attempt has been admitted with: what it took, until it gives back what comes back and settles the rest. */
export class Pass implements LeaseHolder {
  #takenAs: string;
  #takenAtMs: number;
  #renewals = 0;
  #isCalled = false;
  #isEnded = false;

  constructor(
    private readonly settings: PassSettings,
    private readonly admitted: AdmittedAttempt,
  ) {
    this.#takenAs = admitted.attemptId;
    this.#takenAtMs = settings.epochMs();
    if (holdsLease(admitted.charges)) settings.leases.hold(this);
  }

  /** Whether something of it has gone to the upstream. */
  get isCalled(): boolean {
    return this.#isCalled;
  }

  get takenAs(): string {
    return this.#takenAs;
  }

  get attemptId(): string {
    return this.admitted.attemptId;
  }

  /** How full the meters were when it was admitted. */
  get use(): readonly MeterUse[] {
    return this.admitted.use;
  }

  /** The budgets that its account has reserved it from. */
  get paidFrom(): readonly Meter[] {
    return this.admitted.ofAccount.map(({ meter }) => meter);
  }

  get charges(): readonly Charge[] {
    return this.admitted.charges;
  }

  /**
   * To be called when the attempt is about to be sent. Where it had to wait, for a connection or for a disk, what it took is
   * taken anew: the upstream counts it in the minute in which it comes.
   * @returns why it must not be sent now; `ask anew` where its budgets have begun another period, or limits cannot be known
   */
  async beginCall(): Promise<Refusal | "ask anew" | undefined> {
    const { epochMs, freshMs } = this.settings;
    const isFresh = this.charges.length === 0 || epochMs() - this.#takenAtMs <= freshMs;
    const refusal = isFresh ? undefined : await this.#takeAnew();
    this.#isCalled = refusal === undefined;
    if (refusal !== undefined) this.#forget();
    return refusal;
  }

  /** The call is over, or none was made: what comes back comes back at once, whoever waits for it. */
  end(): void {
    if (this.#isEnded || !this.#isKnown) return;
    this.#forget();
    void this.settings.admission.release(this.#takenAs, this.#isCalled ? "sent" : "never sent");
  }

  /**
   * What the call has really used, in the place of what was taken for it.
   * @param nanoUsd what it is charged at; null where nobody knows, which leaves it at what was reserved
   */
  settle(use: AttemptUse, nanoUsd: bigint | null): void {
    const { quotas, admission } = this.settings;
    const { charges, ofAccount, ofRequest, account } = this.admitted;
    if (!this.#isCalled || !this.#isKnown) return;
    const ofMoney = ofAccount.map((charge) => ({ charge, used: nanoUsd ?? charge.amount }));
    const corrections = [
      ...quotas.correctionsOf(charges, use),
      ...ofMoney,
      ...(account?.correctionsOf?.(ofRequest, use) ?? []),
    ];
    // Without corrections too: the attempt is over then, and forgotten.
    void admission.settle([{ attemptId: this.#takenAs, admittedAtMs: this.#takenAtMs, corrections }]);
  }

  /** Whether whoever keeps limits was asked for it, and remembers it. */
  get #isKnown(): boolean {
    return this.admitted.charges.length + this.admitted.ofRequest.length > 0;
  }

  #forget(): void {
    this.#isEnded = true;
    this.settings.leases.letGo(this);
  }

  async #takeAnew(): Promise<Refusal | "ask anew" | undefined> {
    const { admission, epochMs } = this.settings;
    const { attemptId, requestId, candidateId, charges, note } = this.admitted;
    await admission.release(this.#takenAs, "never sent");
    this.#renewals += 1;
    this.#takenAs = `${attemptId}+${String(this.#renewals)}`;
    const answer = await admission.admit({
      attemptId: this.#takenAs,
      requestId,
      requestCharges: [],
      candidates: [{ id: candidateId, charges }],
      note: note(),
    });
    this.#takenAtMs = epochMs();
    if (answer.kind === "admitted") return undefined;
    return answer.kind === "refused" ? answer.refusals[0] : "ask anew";
  }
}

export function holdsLease(charges: readonly Charge[]): boolean {
  return charges.some(({ meter }) => meter.window.kind === "lease");
}
