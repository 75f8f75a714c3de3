import { type EditCost, chargedTokens, listPrices, pricesOf } from "@darkroom/cost-calculator";
import type { AnswerFacts } from "../answer/answer-scanner.js";
import type { Deployment } from "../deployments/deployment.js";
import { knownModelOf } from "../deployments/known-model.js";
import type { AttemptReport } from "../report.js";
import { classify } from "../retries/classification.js";
import type { Failure } from "../retries/failure.js";
import type { Intent, Outcome } from "./journal.js";

/** An attempt that has ended. */
export interface EndedAttempt {
  /** Of all that was answered, whether or not it failed in the end. */
  readonly facts: readonly AnswerFacts[];
  /** What that costs; null where nothing was answered, or no price is known. */
  readonly cost: EditCost | null;
  readonly failure: Failure | undefined;
  readonly report: AttemptReport;
}

type Charge = Pick<Outcome, "state" | "nanoUsd">;

/**
 * What an attempt is charged at, from how it ended:
 *
 * | how it ended | state | charged |
 * | --- | --- | --- |
 * | answered, with usage, or by a model that is priced by its images | certain | its cost |
 * | answered without usage | uncertain | by size, quality and number of its images, else the estimate |
 * | answered by a model without a price | certain | null |
 * | a stream that broke after some of its images | uncertain | the estimate, or what those cost if that is more |
 * | not connected, or not sent as a whole; refused (4xx, or an error that says so) | failed | 0 |
 * | 5xx after all was sent | uncertain; failed where `serverErrorsUnbilled` | the estimate; 0 |
 * | broken, cut short, timed out, too large after all was sent | uncertain | the estimate |
 *
 * Whether a failed attempt may have been billed stands in retries/classification.ts.
 */
export function chargeOf(
  { estimate, deployment }: Intent,
  ended: EndedAttempt,
  serverErrorsUnbilled: boolean,
): Charge {
  const { facts, cost, failure, report } = ended;
  const most = estimate?.nanoUsd ?? null;
  if (failure === undefined) {
    if (cost === null) return { state: most === null ? "certain" : "uncertain", nanoUsd: most };
    return { state: isExact(ended, cost, deployment) ? "certain" : "uncertain", nanoUsd: cost.nanoUsd };
  }
  if (facts.length > 0) return { state: "uncertain", nanoUsd: larger(most, cost?.nanoUsd ?? null) };
  const isUnbilled =
    classify(failure).billed === "no" ||
    wasRefused(report) ||
    (serverErrorsUnbilled && isServerError(report));
  return isUnbilled ? { state: "failed", nanoUsd: 0n } : { state: "uncertain", nanoUsd: most };
}

/** By the tokens that were counted; or by images, unless the tokens should have been counted and were not. */
function isExact({ facts }: EndedAttempt, { basis }: EditCost, deployment: Deployment): boolean {
  const prices = pricesOf(knownModelOf(deployment), deployment.prices ?? listPrices);
  const isCounted = facts.every(({ usage }) => chargedTokens(usage) !== null);
  return basis === "usage" || isCounted || prices?.tokens === undefined;
}

/** A refusal is one, also where its words broke off. */
function wasRefused({ status = 0 }: AttemptReport): boolean {
  return status >= 400 && status < 500;
}

function isServerError({ status = 0 }: AttemptReport): boolean {
  return status >= 500;
}

function larger(one: bigint | null, other: bigint | null): bigint | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
