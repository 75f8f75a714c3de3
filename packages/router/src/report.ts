import type { EditCost } from "@darkroom/cost-calculator";
import type { Deployment } from "./deployments/deployment.js";

/** How one attempt ended. */
export interface AttemptReport {
  /** Where attempts are written down: by this they are found. */
  readonly attemptId: string | undefined;
  readonly deployment: Deployment;
  /** Time from when the request was handed to the system until the answer was complete or had failed. */
  readonly durationMs: number;
  readonly succeeded: boolean;
  /** The upstream's status, where it answered. */
  readonly status: number | undefined;
  /** Why it failed, in a few words that hold no secret: `500 server_error`, `connection refused`, `timeout`. */
  readonly reason: string | undefined;
  readonly upstreamRequestId: string | undefined;
  /** Fields that the deployment refuses and that were therefore left out. */
  readonly dropped: readonly string[];
}

/** What became of an edit: what headers, logs and metrics tell. */
export interface EditReport {
  readonly requestId: string;
  readonly requestedModel: string;
  /** The group and the deployment of the last attempt. */
  readonly group: string;
  readonly deployment: Deployment | undefined;
  readonly attempts: readonly AttemptReport[];
  /** Attempts beyond the first of each group. */
  readonly retries: number;
  /** Groups beyond the first. */
  readonly fallbacks: number;
  /** `dropped` of the last attempt. */
  readonly dropped: readonly string[];
  /** Null where no price is known; undefined as long as, or because, nothing was answered. */
  readonly cost: EditCost | null | undefined;
  /** Images in the answer. */
  readonly images: number;
  /** Time spent in upstream calls, a running one included. */
  readonly upstreamMs: number;
  /** Time spent waiting before them. */
  readonly waitedMs: number;
  /** What it was spent on: each thing once. */
  readonly waits: readonly Wait[];
}

export interface Wait {
  /** For people: `before edits-one was called again`. */
  readonly what: string;
  readonly ms: number;
}
