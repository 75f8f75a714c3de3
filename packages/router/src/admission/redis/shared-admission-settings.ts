import type { Timers } from "../../memory/timers.js";

/**
 * What holds for limits while Redis does not answer. Of money nothing is admitted then, whatever it says.
 *
 * - `local-share`: each gateway admits its part of each limit, of two parts at least
 * - `deny`: nothing
 * - `open`: everything
 */
export type OnRedisFailure = "local-share" | "deny" | "open";

export type AdmissionState =
  | { readonly kind: "shared" }
  /** Redis does not answer. The reason holds no secret. */
  | { readonly kind: "degraded"; readonly reason: string };

export interface SharedAdmissionSettings {
  readonly onFailure: OnRedisFailure;
  /** What Redis knows this process by. */
  readonly gatewayId?: string;
  /** Of the journal that attempts are written to: what they reserve is found by it should both be lost. */
  readonly journalId?: string;
}

export interface SharedAdmissionSurroundings {
  readonly nowMs?: () => number;
  /** Milliseconds that pass whether or not the clock is set. */
  readonly passedMs?: () => number;
  readonly random?: () => number;
  readonly timers?: Timers;
  /** In place of Redis' clock, for tests alone. */
  readonly testNowMs?: () => number;
}
