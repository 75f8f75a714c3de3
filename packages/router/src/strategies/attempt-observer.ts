import type { AttemptOutcome } from "../attempt.js";
import type { Deployment } from "../deployments/deployment.js";
import { classify } from "../retries/classification.js";
import type { RoutedEdit } from "./strategy.js";

/** Hears of attempts while they happen. */
export interface AttemptObserver {
  begun(attempt: ObservedAttempt): void;
  /** Once for each `begun`, with the same attempt. */
  ended(attempt: ObservedAttempt, end: AttemptEnd): void;
}

export interface ObservedAttempt {
  readonly deployment: Deployment;
  readonly edit: RoutedEdit;
}

export interface AttemptEnd {
  readonly durationMs: number;
  /** `refused`: another deployment would have done the same, so that it says nothing of this one. */
  readonly outcome: "succeeded" | "failed" | "refused";
}

/** Makes an attempt, and tells of its begin and its end, however it ends. */
export async function observed(
  observer: AttemptObserver | undefined,
  attempt: ObservedAttempt,
  call: () => Promise<AttemptOutcome>,
): Promise<AttemptOutcome> {
  observer?.begun(attempt);
  let end: AttemptEnd = { durationMs: 0, outcome: "refused" };
  try {
    const outcome = await call();
    end = { durationMs: outcome.report.durationMs, outcome: wordFor(outcome) };
    return outcome;
  } finally {
    observer?.ended(attempt, end);
  }
}

function wordFor({ failure }: AttemptOutcome): AttemptEnd["outcome"] {
  if (failure === undefined) return "succeeded";
  return classify(failure).cooldown === "never" ? "refused" : "failed";
}
