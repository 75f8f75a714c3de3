import type { Charge, Meter, MeterUse } from "./meter.js";

/**
 * Whether an attempt may be made, and what it takes from which limit. One mechanism for all limits: those of deployments,
 * those of callers, and budgets.
 *
 * Every answer is about one moment and all or nothing: an attempt takes all of its charges or none. Methods may answer at
 * once (a process that is alone) or as a promise (a store that is shared); whoever shares a store never waits for it longer
 * than a deadline of its own.
 *
 * Implementations: in process, and in Redis; both pass `admission.conformance.test.support.ts`.
 */
export interface Admission {
  /**
   * Takes the charges of the first candidate that fits, with the request's own if this is its first admission.
   * Idempotent by attempt id: asked again, it answers as it did, and takes nothing.
   */
  admit(asked: AdmissionRequest): Promise<AdmissionAnswer> | AdmissionAnswer;

  /**
   * The attempt makes no call any more: its leases come back. Of one that was never sent, all else that it took as well.
   * Idempotent; unknown ids are passed over.
   */
  release(attemptId: string, how: "sent" | "never sent"): Promise<void> | void;

  /**
   * The request has ended: its leases come back. Where nothing of it was ever sent, all else that it took as well.
   * Idempotent; unknown ids are passed over.
   */
  finish(requestId: string, how: "sent" | "never sent"): Promise<void> | void;

  /**
   * Puts what was used in the place of what was taken, where it was taken: a window that has gone on is not touched, a
   * period is charged although it is over. More than was taken is charged in full. A settlement with a mark is applied
   * exactly once: what comes again is passed over; one after a gap, and all that follow it, are refused, and the answer
   * tells from where to go on. One without a mark counts once for its attempt. What is settled again under a further
   * mark is charged on top, or taken back where it is below 0.
   * @returns by journal id, the last sequence that has been applied
   */
  settle(
    settlements: readonly Settlement[],
  ): Promise<ReadonlyMap<string, bigint>> | ReadonlyMap<string, bigint>;

  /**
   * What was spent of meters of money before they had any state here; what has been charged since comes on top. Of a meter
   * that was told it before nothing changes.
   * @param applied by journal id, the last sequence that is in those sums: later ones are still to be settled. A journal that
   * nobody has told of begins with sequence 1; of one that is known, its own stays
   */
  seed(seeds: readonly MeterSeed[], applied?: ReadonlyMap<string, bigint>): Promise<void> | void;

  /**
   * Holds the leases of attempts and requests for another {@link leaseMs}. Those that have expired meanwhile are taken again
   * even if they do not fit: the calls are under way.
   */
  renew(held: HeldLeases): Promise<void> | void;

  /**
   * For so long the meter admits no more than this limit, where that is less than its own. Of two that hold at once the
   * lower counts.
   */
  constrain(meter: Meter, limit: bigint, forMs: number): Promise<void> | void;

  /** How full meters are. Takes nothing. */
  usage(meters: readonly Meter[]): Promise<readonly MeterUse[]> | readonly MeterUse[];

  /** Calls back whenever something came back that others may have been waiting for, here or, where the store is shared, elsewhere. The answer ends it. */
  onReturned(callback: () => void): () => void;

  close(): Promise<void> | void;
}

/**
 * A lease comes back by itself after this, unless it is renewed: two renewals may be lost, and with the second until somebody
 * looks, all that a gateway held is free within half a minute of its death.
 */
export const leaseMs = 27_000;

/** How often leases are renewed. */
export const renewEveryMs = 10_000;

/**
 * Attempts and requests are forgotten once nothing of them can change any more: when they are over and settled. One that is
 * never settled, or never ends, is forgotten so long after it was last heard of, unless money is reserved for it.
 */
export const rememberedMs = 3_600_000;

/** For so long, at least, a settlement without a mark is known to have been made after all else of its attempt is forgotten. */
export const settledRememberedMs = 60_000;

/** More candidates go in further calls. */
export const mostCandidates = 8;

/** Request charges and those of one candidate together. */
export const mostCharges = 32;

export interface AdmissionRequest {
  readonly attemptId: string;
  readonly requestId: string;
  /** Of the request as a whole, wherever it goes: taken with its first admission, and held to its end. */
  readonly requestCharges: readonly Charge[];
  /** Best first, at most {@link mostCandidates}; none only where a request takes nothing but its own charges. */
  readonly candidates: readonly AdmissionCandidate[];
  /**
   * What is to be known of the attempt where nothing is left of its process but what it has reserved: a store that outlives it
   * keeps this with the money, until that is settled. Short, without secrets.
   */
  readonly note?: string | undefined;
}

export interface AdmissionCandidate {
  /** The deployment's. */
  readonly id: string;
  /** What an attempt there takes. */
  readonly charges: readonly Charge[];
}

export type AdmissionAnswer =
  | {
      readonly kind: "admitted";
      /** Index of the candidate; -1 where none was asked for. */
      readonly candidate: number;
      /** Of each of its charges and then of the request's own, how full the meter is now. */
      readonly use: readonly MeterUse[];
    }
  | {
      readonly kind: "refused";
      /** One of the request's own charges, or the first one of each candidate that does not fit. */
      readonly refusals: readonly Refusal[];
    }
  /** A period is over, or has not begun, by the clock that counts here: charge another one. */
  | { readonly kind: "wrong period"; readonly nowMs: number }
  /** These meters of money have no state, and what was spent in their period must be told first. */
  | { readonly kind: "unseeded"; readonly meters: readonly Meter[] }
  /** The store that limits are kept in does not answer, and nothing may be admitted without it. */
  | { readonly kind: "unavailable"; readonly reason: string };

/** Why a candidate, or the request, cannot be admitted now. */
export interface Refusal extends MeterUse {
  /** Index of the candidate; undefined where the request's own charges do not fit. */
  readonly candidate: number | undefined;
  /** As it was asked for. */
  readonly charge: Charge;
  /**
   * Milliseconds until it will fit if nothing else is taken, from what is known to come back and when: amounts that leave a
   * rolling window, a period's end, the end of what constrains the meter. Undefined: when somebody gives something back (a
   * lease, or where nothing but reservations is in the way), or never, because it is more than the limit.
   */
  readonly fitsInMs: number | undefined;
}

/** What an attempt has really used. */
export interface Settlement {
  readonly attemptId: string;
  /** The journal's entry that tells of it; absent where there is no journal. */
  readonly mark?: { readonly journalId: string; readonly sequence: bigint };
  /** When the attempt was admitted, in milliseconds since 1970: where the store has forgotten, it is charged there. */
  readonly admittedAtMs: number;
  /** Charges whose amount was not what was used in the end; what is not named stays as it was taken. */
  readonly corrections: readonly Correction[];
  /**
   * What it has cost, in the place of all money that is reserved for it and not named in a correction; absent: what is
   * reserved was used. Of an attempt that is not known here nothing is charged by this.
   */
  readonly money?: bigint;
}

export interface Correction {
  readonly charge: Charge;
  readonly used: bigint;
}

export interface HeldLeases {
  readonly attemptIds: readonly string[];
  readonly requestIds: readonly string[];
}

/** What was spent of a meter of money in its period, from the books. */
export interface MeterSeed {
  readonly meter: Meter;
  readonly spent: bigint;
}
