import type { ChargedTokens, EditCost, EditEstimate } from "@darkroom/cost-calculator";
import type { Meter } from "../admission/meter.js";
import type { Deployment } from "../deployments/deployment.js";
import type { AttemptReport } from "../report.js";
import type { EditRequest } from "../request.js";
import type { ErrorClass } from "../retries/classification.js";

/** An attempt that is about to be sent. */
export interface Intent {
  /** Unique; sorts by time (UUID version 7). */
  readonly attemptId: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly request: EditRequest;
  readonly group: string;
  readonly deployment: Deployment;
  /** 0 for the first attempt in a group. */
  readonly retry: number;
  /** 0 in the group that was asked for. */
  readonly fallback: number;
  /** The most that it may cost; null where no price bounds it. */
  readonly estimate: EditEstimate | null;
  /** The budgets that its account has reserved it from. */
  readonly paidFrom: readonly Meter[];
}

/** `certain`: the upstream charged just this. `uncertain`: it may have charged up to this. `failed`: it charged nothing. */
export type OutcomeState = "certain" | "uncertain" | "failed";

/** How an attempt ended. */
export interface Outcome {
  readonly intent: Intent;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly state: OutcomeState;
  /** What the attempt is charged at, in nano-dollars; null where no price is known. */
  readonly nanoUsd: bigint | null;
  /** What was answered, priced; null where nothing was, or no price is known. */
  readonly cost: EditCost | null;
  /** As the upstream counted them; null where it told none that can be priced. */
  readonly tokens: ChargedTokens | null;
  /** Images in the answer. */
  readonly images: number;
  /** As answered. */
  readonly size: string | undefined;
  readonly quality: string | undefined;
  readonly report: AttemptReport;
  /** Where it failed. */
  readonly errorClass: ErrorClass | undefined;
}

/** Where attempts are written down, so that what was paid is known whatever dies. */
export interface Journal {
  /** Resolves when the intent would survive a loss of power. Rejects where it cannot be written: nothing is sent then. */
  intend(intent: Intent): Promise<void>;
  /** Once for each intent that was written. Resolves when the outcome would survive a loss of power. */
  conclude(outcome: Outcome): Promise<unknown>;
  /**
   * What is to be known of an attempt at one of these deployments should the journal itself be lost: a short text without
   * secrets, kept with what the attempt reserves. Absent, or undefined: nothing.
   */
  noteOf?(request: EditRequest, deployments: readonly Deployment[]): string | undefined;
}
