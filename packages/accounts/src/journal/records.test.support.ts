import type { IntentRecord, OutcomeRecord, RequestRecord } from "./records.js";

/** 2026-01-01. */
export const startMs = Date.UTC(2026, 0, 1);

export function intentOf(attemptId: string, given: Partial<IntentRecord> = {}): IntentRecord {
  return {
    attemptId,
    requestId: `request-of-${attemptId}`,
    atMs: startMs,
    caller: "key-1",
    requestedModel: "edits",
    group: "edits",
    deploymentId: "edits-one",
    provider: "openai",
    model: "gpt-image-1",
    retry: 0,
    fallback: 0,
    size: "auto",
    n: 1,
    stream: false,
    inputImages: 1,
    promptBytes: 13,
    charges: [{ meter: "team:red", period: "2026-01" }],
    estimateNanoUsd: 250_000_000n,
    priceVersion: "2026-01-01",
    ...given,
  };
}

export function outcomeOf(attemptId: string, given: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    attemptId,
    atMs: startMs + 12_000,
    state: "certain",
    costNanoUsd: 42_120_000n,
    breakdown: { textInput: 120_000n, imageInput: 2_000_000n, imageOutput: 40_000_000n },
    basis: "usage",
    tokens: { textInput: 24, imageInput: 200, imageOutput: 1_000 },
    images: 1,
    durationMs: 12_000,
    status: 200,
    ...given,
  };
}

export function requestOf(requestId: string, given: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId,
    startedAtMs: startMs,
    endedAtMs: startMs + 12_010,
    route: "/v1/images/edits",
    requestedModel: "edits",
    status: 200,
    attempts: 1,
    retries: 0,
    fallbacks: 0,
    waitedMs: 3,
    upstreamMs: 12_000,
    requestBytes: 1_048_576,
    answerBytes: 2_097_152,
    images: 1,
    costNanoUsd: 42_120_000n,
    ...given,
  };
}
