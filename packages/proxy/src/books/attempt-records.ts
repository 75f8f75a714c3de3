import type { IntentRecord, OutcomeRecord } from "@darkroom/accounts";
import { listPrices, listPricesVersion } from "@darkroom/cost-calculator";
import type { Deployment, Intent, Outcome } from "@darkroom/router";
import { chargesOf, metersOf } from "./charges.js";
import type { Origin } from "./origins.js";

/** An attempt that is about to be sent, as the journal keeps it. */
export function intentRecord(intent: Intent, { caller, payers, prompt, idempotency }: Origin): IntentRecord {
  const { attemptId, atMs, request, group, deployment, retry, fallback, estimate } = intent;
  const { size, quality, n, stream } = request.parameters;
  const { promptBytes, images } = request.body.inputs();
  return {
    attemptId,
    requestId: request.id,
    atMs,
    caller,
    requestedModel: request.model,
    group,
    deploymentId: deployment.id,
    provider: deployment.provider ?? "openai",
    model: deployment.model,
    retry,
    fallback,
    ...(size !== undefined && { size }),
    ...(quality !== undefined && { quality }),
    n,
    stream,
    inputImages: images.length,
    promptBytes,
    ...(prompt !== undefined && { prompt }),
    charges: chargesOf(deployment, atMs, metersOf(payers)),
    estimateNanoUsd: estimate?.nanoUsd ?? null,
    priceVersion: priceVersionOf(deployment),
    ...(idempotency !== undefined && {
      idempotency: { key: idempotency.key, fingerprint: idempotency.fingerprint },
    }),
  };
}

/** How an attempt ended, as the journal keeps it. */
export function outcomeRecord(outcome: Outcome): OutcomeRecord {
  const { intent, atMs, state, nanoUsd, tokens, images, size, quality, report, errorClass } = outcome;
  const { durationMs, status, reason, upstreamRequestId } = report;
  return {
    attemptId: intent.attemptId,
    atMs,
    state,
    costNanoUsd: nanoUsd,
    ...reckoningOf(outcome),
    ...(tokens !== null && { tokens: { ...tokens } }),
    images,
    ...(size !== undefined && { size }),
    ...(quality !== undefined && { quality }),
    durationMs: Math.round(durationMs),
    ...(status !== undefined && { status }),
    ...(errorClass !== undefined && { errorClass }),
    ...(reason !== undefined && { reason }),
    ...(upstreamRequestId !== undefined && { upstreamRequestId }),
  };
}

/** What the charge was reckoned from, where it is that of the answer or the estimate. */
function reckoningOf({ nanoUsd, cost, intent }: Outcome): Pick<OutcomeRecord, "breakdown" | "basis"> {
  if (cost !== null && cost.nanoUsd === nanoUsd)
    return { breakdown: { ...cost.breakdown }, basis: cost.basis };
  const { estimate } = intent;
  if (estimate === null || estimate.nanoUsd !== nanoUsd) return {};
  return { breakdown: { ...estimate.breakdown }, basis: "estimate" };
}

/** Prices of the config's own have no version; what they stand on has one. */
export function priceVersionOf({ prices = listPrices }: Deployment): string {
  return prices === listPrices ? listPricesVersion : `${listPricesVersion}+config`;
}
