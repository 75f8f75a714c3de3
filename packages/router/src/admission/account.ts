import type { EditEstimate } from "@darkroom/cost-calculator";
import type { Deployment } from "../deployments/deployment.js";
import type { RouterError } from "../errors.js";
import type { AttemptUse } from "../deployments/quotas.js";
import type { Correction, Refusal } from "./admission.js";
import type { Charge, Meter, MeterUse } from "./meter.js";

/** What a request may use at most, wherever it is served. */
export interface RequestBound {
  readonly images: number;
  readonly tokens: number;
}

/** A call that is about to be admitted. */
export interface PlannedCall {
  readonly deployment: Deployment;
  /** Null where no price bounds it. */
  readonly estimate: EditEstimate | null;
  /** Milliseconds since 1970, by the clock that periods go by. */
  readonly nowMs: number;
}

/** Why an account does not let a request through. */
export interface AccountRefusal {
  /** What its client is told. */
  readonly error: RouterError;
  /** Nothing but reservations is in the way: what they do not use comes back. */
  readonly waits: boolean;
}

/**
 * Who pays for an edit, and by what it is limited, as far as admission needs to know: whose keys, teams or budgets these
 * are is somebody else's business.
 */
export interface Account {
  /** What the request takes as a whole, wherever it goes: once, and held to its end. */
  requestCharges(bound: RequestBound): readonly Charge[];
  /** What one call takes: money. An error where the account does not pay for such a call at all. */
  callCharges(call: PlannedCall): readonly Charge[] | RouterError;
  /** A call was admitted: how full its meters are now, the request's own included. */
  admitted?(use: readonly MeterUse[]): void;
  /** What of a request's charges was not what an answered call has used. */
  correctionsOf?(requestCharges: readonly Charge[], used: AttemptUse): readonly Correction[];
  /** What was spent of a meter of money in its period before anybody here counted. Rejects where that is not known now. */
  spentOf(meter: Meter): Promise<bigint>;
  /** @param refusal of one of its charges */
  refusalFor(refusal: Refusal): AccountRefusal;
}
