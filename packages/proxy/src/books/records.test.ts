import type { Payer } from "@darkroom/accounts";
import { listPrices, listPricesVersion, withPrices } from "@darkroom/cost-calculator";
import { type Deployment, type Intent, MultipartBody, type Outcome } from "@darkroom/router";
import { intentRecord, outcomeRecord } from "./attempt-records.js";
import { type EndedRequest, isRefusal, requestRow } from "./request-rows.js";

const deployment: Deployment = {
  id: "first",
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-secret",
};
const body = MultipartBody.of([
  { name: "prompt", content: [Buffer.from("Add a red hat")] },
  { name: "size", content: [Buffer.from("1024x1024")] },
  { name: "n", content: [Buffer.from("2")] },
  { name: "image", fileName: "a.png", content: [Buffer.from("picture")] },
  { name: "mask", fileName: "b.png", content: [Buffer.from("picture")] },
]);
const parts = { inputText: 1n, inputImage: 2n, cached: 0n, outputImage: 3n, outputText: 0n };
const intent: Intent = {
  attemptId: "0198",
  atMs: Date.UTC(2026, 10, 30, 23, 59, 59),
  request: { id: "req_1", model: "edits", parameters: body.parameters, body },
  group: "edits",
  deployment,
  retry: 1,
  fallback: 2,
  paidFrom: [],
  estimate: { nanoUsd: 60n, basis: "tokens", breakdown: { ...parts, outputImage: 57n } },
};
const outcome: Outcome = {
  intent,
  atMs: 5,
  state: "certain",
  nanoUsd: 6n,
  cost: { nanoUsd: 6n, basis: "usage", breakdown: parts },
  tokens: {
    textInput: 1,
    cachedTextInput: 2,
    imageInput: 3,
    cachedImageInput: 4,
    imageOutput: 5,
    textOutput: 6,
  },
  images: 2,
  size: "1024x1024",
  quality: "low",
  report: {
    attemptId: "0198",
    deployment,
    durationMs: 12.6,
    succeeded: true,
    status: 200,
    reason: undefined,
    upstreamRequestId: "req_upstream",
    dropped: [],
  },
  errorClass: undefined,
};

const payerOf = (meter: string): Payer => ({
  scope: meter === "proxy" ? "proxy" : "key",
  id: meter,
  meter,
  limits: {},
});

test("an attempt is charged to the gateway, its provider and deployment and whoever pays, in the quarter of an hour in which it is sent", () => {
  expect(
    intentRecord(intent, { caller: "key-one", payers: ["key:one", "team:red", "proxy"].map(payerOf) }),
  ).toEqual({
    attemptId: "0198",
    requestId: "req_1",
    atMs: intent.atMs,
    caller: "key-one",
    requestedModel: "edits",
    group: "edits",
    deploymentId: "first",
    provider: "openai",
    model: "gpt-image-1",
    retry: 1,
    fallback: 2,
    size: "1024x1024",
    n: 2,
    stream: false,
    inputImages: 1,
    promptBytes: 13,
    charges: [
      { meter: "proxy", period: "2026-11-30T23:45" },
      { meter: "provider:openai", period: "2026-11-30T23:45" },
      { meter: "deployment:first", period: "2026-11-30T23:45" },
      { meter: "key:one", period: "2026-11-30T23:45" },
      { meter: "team:red", period: "2026-11-30T23:45" },
      { meter: "key:one/model:edits", period: "2026-11-30T23:45" },
      { meter: "team:red/model:edits", period: "2026-11-30T23:45" },
    ],
    estimateNanoUsd: 60n,
    priceVersion: listPricesVersion,
  });
});

test("a prompt is kept where it is given, and prices of one's own are said", () => {
  const prices = withPrices(listPrices, new Map([["gpt-image-1", { images: [{ usd: "0.04" }] }]]));
  const own = { ...intent, deployment: { ...deployment, prices }, estimate: null };
  expect(intentRecord(own, { caller: "key-one", payers: [], prompt: "Add a red hat" })).toMatchObject({
    prompt: "Add a red hat",
    priceVersion: `${listPricesVersion}+config`,
    estimateNanoUsd: null,
  });
});

test("an outcome has the cost line by line, the tokens, and what the upstream said", () => {
  expect(outcomeRecord(outcome)).toEqual({
    attemptId: "0198",
    atMs: 5,
    state: "certain",
    costNanoUsd: 6n,
    breakdown: parts,
    basis: "usage",
    tokens: outcome.tokens,
    images: 2,
    size: "1024x1024",
    quality: "low",
    durationMs: 13,
    status: 200,
    upstreamRequestId: "req_upstream",
  });
});

test("a charge by the estimate has the estimate's lines, and one of nothing has none", () => {
  const lost = { ...outcome, state: "uncertain", nanoUsd: 60n, cost: null, tokens: null } as const;
  expect(outcomeRecord(lost)).toMatchObject({
    basis: "estimate",
    breakdown: { ...parts, outputImage: 57n },
  });
  const failed = outcomeRecord({ ...lost, state: "failed", nanoUsd: 0n, errorClass: "RateLimitError" });
  expect(failed).toMatchObject({ costNanoUsd: 0n, errorClass: "RateLimitError" });
  expect(failed).not.toHaveProperty("breakdown");
  expect(failed).not.toHaveProperty("tokens");
});

const served: EndedRequest = {
  id: "req_1",
  startedAtMs: 1,
  endedAtMs: 2,
  caller: "key-one",
  route: "/v1/images/edits",
  requestedModel: "edits",
  status: 200,
  requestBytes: 10,
  answerBytes: 20,
  report: {
    requestId: "req_1",
    requestedModel: "edits",
    group: "other",
    deployment,
    attempts: [outcome.report, outcome.report],
    retries: 1,
    fallbacks: 1,
    dropped: [],
    cost: outcome.cost,
    images: 2,
    upstreamMs: 30.4,
    waitedMs: 5.5,
    waits: [
      { what: "before one was called again", ms: 4 },
      { what: "for room in edits: others wait for room", ms: 1 },
    ],
  },
  reason: undefined,
  replayOf: undefined,
};

test("a request has what was tried for it and what was answered", () => {
  const row = requestRow(served);
  expect(row).toEqual({
    requestId: "req_1",
    startedAtMs: 1,
    endedAtMs: 2,
    caller: "key-one",
    route: "/v1/images/edits",
    requestedModel: "edits",
    group: "other",
    deploymentId: "first",
    status: 200,
    attempts: 2,
    retries: 1,
    fallbacks: 1,
    waitedMs: 6,
    waitedFor: "0.004 s before one was called again; 0.001 s for room in edits: others wait for room",
    upstreamMs: 30,
    requestBytes: 10,
    answerBytes: 20,
    images: 2,
    costNanoUsd: 6n,
  });
  expect(isRefusal(row)).toBe(false);
});

test("a refusal cost nothing, and an answer without a price no known amount", () => {
  const refused = requestRow({ ...served, status: 413, report: undefined, reason: "too_large" });
  expect(refused).toMatchObject({ costNanoUsd: 0n, attempts: 0, error: "too_large" });
  expect(isRefusal(refused)).toBe(true);
  const { report } = served;
  expect(requestRow({ ...served, report: report && { ...report, cost: null } }).costNanoUsd).toBeNull();
  const nothing = requestRow({ ...served, status: 502, report: report && { ...report, cost: undefined } });
  expect([nothing.costNanoUsd, isRefusal(nothing)]).toEqual([0n, false]);
});

test("a request that was given an earlier one's answer says whose, and is no refusal though it was an error", () => {
  const report = { ...served.report!, attempts: [], images: 0 };
  const row = requestRow({ ...served, status: 502, replayOf: "req_0", report });
  expect(row).toMatchObject({ replayOf: "req_0", attempts: 0 });
  expect(isRefusal(row)).toBe(false);
});

test("of a request's key its hashes are kept", () => {
  const idempotency = { key: "hash of the key", fingerprint: "hash of the body", charges: [] };
  expect(intentRecord(intent, { caller: "key-one", payers: [], idempotency }).idempotency).toEqual({
    key: "hash of the key",
    fingerprint: "hash of the body",
  });
});
