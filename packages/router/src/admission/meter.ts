/**
 * What limits an amount over time: the requests, images and tokens that an upstream takes in a minute, calls under way at
 * once, dollars in a month. Amounts are whole numbers: of requests, images, tokens, calls, or nano-dollars.
 */
export interface Meter {
  /** Unique among all meters. Of a period, its start is no part of the key: it is told apart by the window. */
  readonly key: string;
  readonly window: Window;
  /** The most that fits, at most {@link largestLimit}; what is exactly full is admitted. */
  readonly limit: bigint;
  /**
   * Present for money: what is taken is a reservation that stays open until it is settled, whatever happens. Spent and
   * reserved amounts are told apart.
   */
  readonly isMoney?: true;
}

export type Window =
  /**
   * Any span of so many milliseconds. It is counted in 240 buckets, the oldest of which counts as a whole: no span ever has
   * more than the limit, and capacity comes back up to a bucket late.
   */
  | { readonly kind: "rolling"; readonly ms: number }
  /** From `startMs` until before `endMs`, in milliseconds since 1970: a day, a calendar month, or any other period. */
  | { readonly kind: "period"; readonly startMs: number; readonly endMs: number }
  /** What is held now. It comes back when it is released, or when its holder has not renewed it in time. */
  | { readonly kind: "lease" };

/** Four million dollars in nano-dollars. With what is spent, reserved and asked for together it stays below 2^53, as far as Lua counts exactly. */
export const largestLimit = 4_000_000_000_000_000n;

/** How many buckets a rolling window has. */
export const bucketsPerWindow = 240;

/** An amount to be taken from a meter. */
export interface Charge {
  readonly meter: Meter;
  readonly amount: bigint;
}

/** How full a meter is. */
export interface MeterUse {
  readonly meter: Meter;
  /** Taken, or spent and settled. */
  readonly used: bigint;
  /** Of money: reserved and not settled yet. 0 for all else. */
  readonly reserved: bigint;
  /** What holds now: the meter's own limit, or less where {@link Admission.constrain} says so. */
  readonly limit: bigint;
}
