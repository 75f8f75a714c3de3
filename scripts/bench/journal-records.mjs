/** What the journal is measured with: an edit in high quality, charged to a key and to a team. */

import { randomUUID } from "node:crypto";

/** A UUID of version 7: it sorts by time. */
export function newAttemptId() {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

export function intentOf(attemptId, requestId) {
  return {
    attemptId,
    requestId,
    atMs: Date.now(),
    caller: "key-0123456789abcdef",
    requestedModel: "gpt-image-1",
    group: "gpt-image-1",
    deploymentId: "gpt-image-1/openai-a",
    provider: "openai",
    model: "gpt-image-1",
    retry: 0,
    fallback: 0,
    size: "1024x1024",
    quality: "high",
    n: 1,
    stream: false,
    inputImages: 1,
    promptBytes: 120,
    charges: [
      { meter: "key-0123456789abcdef", period: "2026-11" },
      { meter: "team-red", period: "2026-11" },
    ],
    estimateNanoUsd: 250_000_000n,
    priceVersion: "2026-11-20",
  };
}

export function outcomeOf(attemptId) {
  return {
    attemptId,
    atMs: Date.now(),
    state: "certain",
    costNanoUsd: 170_200_000n,
    breakdown: { textInput: 200_000n, imageInput: 3_230_000n, imageOutput: 166_770_000n },
    basis: "usage",
    tokens: { textInput: 40, imageInput: 323, imageOutput: 4160 },
    images: 1,
    size: "1024x1024",
    quality: "high",
    durationMs: 21_437,
    status: 200,
    upstreamRequestId: "req_0123456789abcdef0123456789abcdef",
  };
}

export function requestOf(requestId) {
  return {
    requestId,
    startedAtMs: Date.now(),
    endedAtMs: Date.now(),
    caller: "key-0123456789abcdef",
    route: "/v1/images/edits",
    requestedModel: "gpt-image-1",
    group: "gpt-image-1",
    deploymentId: "gpt-image-1/openai-a",
    status: 200,
    attempts: 1,
    retries: 0,
    fallbacks: 0,
    waitedMs: 0,
    upstreamMs: 21_437,
    requestBytes: 1_048_576,
    answerBytes: 2_097_152,
    images: 1,
    costNanoUsd: 170_200_000n,
  };
}
