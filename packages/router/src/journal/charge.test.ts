import { type EditCost, costOfEdit, listPrices } from "@darkroom/cost-calculator";
import type { AnswerFacts } from "../answer/answer-scanner.js";
import { deployment } from "../body/deployment.test.support.js";
import type { Deployment } from "../deployments/deployment.js";
import type { AttemptReport } from "../report.js";
import type { EditRequest } from "../request.js";
import type { Failure } from "../retries/failure.js";
import { chargeOf } from "./charge.js";
import type { Intent } from "./journal.js";

const estimate: EditCost = {
  nanoUsd: 50_000_000n,
  basis: "images",
  breakdown: { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 50_000_000n, outputText: 0n },
};
const usage = { total_tokens: 491, input_tokens: 219, output_tokens: 272 };
const facts: AnswerFacts = { usage, size: "1024x1024", quality: "low", images: 1, error: undefined };

interface Ending {
  readonly failure?: Failure;
  readonly status?: number;
  readonly cost?: EditCost | null;
  readonly answered?: boolean;
  readonly usage?: unknown;
  readonly served?: Deployment;
  readonly estimate?: EditCost | null;
  readonly serverErrorsUnbilled?: boolean;
}

function charged(ending: Ending) {
  const { failure, status, cost = null, answered = cost !== null, served = deployment } = ending;
  const intent: Intent = {
    attemptId: "id",
    atMs: 0,
    request: {} as EditRequest,
    group: "edits",
    deployment: served,
    retry: 0,
    fallback: 0,
    estimate:
      ending.estimate === undefined
        ? { ...estimate, basis: "tokens" }
        : ending.estimate && { ...ending.estimate, basis: "tokens" },
    paidFrom: [],
  };
  const report: AttemptReport = {
    attemptId: "id",
    deployment: served,
    durationMs: 1,
    succeeded: failure === undefined,
    status,
    reason: failure?.reason,
    upstreamRequestId: undefined,
    dropped: [],
  };
  const ended = {
    facts: answered ? [{ ...facts, usage: ending.usage ?? usage }] : [],
    cost,
    failure,
    report,
  };
  return chargeOf(intent, ended, ending.serverErrorsUnbilled ?? false);
}

function cost(nanoUsd: bigint, basis: EditCost["basis"] = "usage"): EditCost {
  return { ...estimate, nanoUsd, basis };
}

function answer(status: number, error?: unknown, bodySent = true): Ending {
  const head = { status, headers: {} };
  return { status, failure: { kind: "answer", head, body: [], error, bodySent, reason: "" } };
}

const cut: Failure = { kind: "cut", reason: "connection reset" };
const timeout = { kind: "timeout", timeoutMs: 1, reason: "" } as const;
const gone = { kind: "client gone", reason: "" } as const;
const certain = (nanoUsd: bigint | null) => ({ state: "certain", nanoUsd });
const uncertain = (nanoUsd: bigint | null) => ({ state: "uncertain", nanoUsd });
const failed = { state: "failed", nanoUsd: 0n };

const pricedByImage: Deployment = {
  ...deployment,
  model: "house-model",
  prices: new Map([["house-model", { images: [{ usd: "0.04" }] }]]),
};

test.each<[string, Ending, object]>([
  ["an answer with usage, by it", { status: 200, cost: cost(7n) }, certain(7n)],
  ["dearer than its estimate too", { status: 200, cost: cost(60_000_000n) }, certain(60_000_000n)],
  ["whose usage is useless, by its images", { cost: cost(7n, "images"), usage: {} }, uncertain(7n)],
  ["whose images have a price, whatever its usage", { cost: cost(7n, "images") }, certain(7n)],
  [
    "of a model that is priced by its images",
    { cost: cost(7n, "images"), usage: {}, served: pricedByImage },
    certain(7n),
  ],
  ["without usage or a price of its images", { answered: true }, uncertain(50_000_000n)],
  ["of a model without any price", { answered: true, estimate: null }, certain(null)],
  ["a refusal", answer(400), failed],
  ["a rate limit", answer(429), failed],
  ["a refusal whose words broke off", { status: 429, failure: cut }, failed],
  ["a 500 that says it is a refusal", answer(500, { code: "insufficient_quota" }), failed],
  ["a 500", answer(500), uncertain(50_000_000n)],
  ["a 503", answer(503), uncertain(50_000_000n)],
  ["a 500 before all was sent", answer(500, undefined, false), failed],
  ["a 500 where those are not billed", { ...answer(500), serverErrorsUnbilled: true }, failed],
  ["a broken 500 there", { status: 500, failure: cut, serverErrorsUnbilled: true }, failed],
  ["a broken 200 there", { status: 200, failure: cut, serverErrorsUnbilled: true }, uncertain(50_000_000n)],
  ["no connection", { failure: { kind: "connection", reason: "connection refused" } }, failed],
  ["a reset after all was sent", { failure: cut }, uncertain(50_000_000n)],
  ["a timeout before all was sent", { failure: { ...timeout, bodySent: false } }, failed],
  ["a timeout afterwards", { failure: { ...timeout, bodySent: true } }, uncertain(50_000_000n)],
  ["a client gone before all was sent", { failure: { ...gone, bodySent: false } }, failed],
  ["a client gone for too long", { failure: { ...gone, bodySent: true } }, uncertain(50_000_000n)],
  [
    "an answer too large",
    { status: 200, failure: { kind: "too large", reason: "" } },
    uncertain(50_000_000n),
  ],
  ["a failure without a price", { failure: cut, estimate: null }, uncertain(null)],
  ["a stream that broke after an image", { failure: cut, cost: cost(7n) }, uncertain(50_000_000n)],
  [
    "whose images cost more than the estimate",
    { failure: cut, cost: cost(60_000_000n) },
    uncertain(60_000_000n),
  ],
  ["where nothing bounds the rest", { failure: cut, cost: cost(7n), estimate: null }, uncertain(7n)],
  ["where its images have no price", { failure: cut, answered: true }, uncertain(50_000_000n)],
  [
    "that the upstream ended with a refusal",
    { ...answer(500, { code: "moderation_blocked" }), cost: cost(7n) },
    uncertain(50_000_000n),
  ],
])("%s", (_, ending, expected) => {
  expect(charged(ending)).toEqual(expected);
});

test("a deployment's prices decide whether usage was to be expected", () => {
  const listed = costOfEdit({ model: "dall-e-2", images: 1 }, listPrices);
  const served = { ...deployment, model: "dall-e-2" };
  expect(charged({ cost: listed, served, usage: {} })).toEqual(certain(20_000_000n));
});
