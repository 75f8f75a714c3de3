import { stringify } from "yaml";
import { imagesIn, sendEdit } from "./edit-request.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** One way to fail, and all that the gateway makes of it. */
interface Row {
  readonly name: string;
  readonly fault: FaultRule["fault"];
  /** Who serves when only the first of two deployments fails so: the other, the fallback group, or nobody. */
  readonly served: "second" | "fallback" | "nobody";
  /** How often a deployment that is alone and always fails so is called, where one retry is allowed. */
  readonly calls: 1 | 2;
  /** Why the deployment is left alone after it has failed so once. */
  readonly cooldown: "rate limit" | "locked out" | "none";
  readonly error: string;
  readonly billed: "no" | "maybe" | "certain";
}

type Outcome = Omit<Row, "name" | "fault">;

const callersFault: Outcome = {
  served: "nobody",
  calls: 1,
  cooldown: "none",
  error: "BadRequestError",
  billed: "no",
};
const refusedContent: Outcome = { ...callersFault, served: "fallback", error: "ContentPolicyViolationError" };
const lockedOut: Outcome = {
  served: "second",
  calls: 1,
  cooldown: "locked out",
  error: "AuthenticationError",
  billed: "no",
};
const noMoney: Outcome = { ...lockedOut, error: "RateLimitError" };
const forbidden: Outcome = { ...lockedOut, error: "PermissionDeniedError" };
const noSuchModel: Outcome = { ...lockedOut, error: "NotFoundError" };
const rateLimited: Outcome = {
  served: "second",
  calls: 2,
  cooldown: "rate limit",
  error: "RateLimitError",
  billed: "no",
};
const serverFault: Outcome = {
  served: "second",
  calls: 2,
  cooldown: "none",
  error: "InternalServerError",
  billed: "maybe",
};
const overloaded: Outcome = { ...serverFault, error: "ServiceUnavailableError" };
const cut: Outcome = { ...serverFault, error: "APIConnectionError" };

const invalid = "invalid_request_error";
const userError = "image_generation_user_error";

const answered: readonly (readonly [status: number, type: string, code: string | null, Outcome, object?])[] =
  [
    [400, invalid, "invalid_value", callersFault, { param: "size" }],
    [400, invalid, null, callersFault, { param: "image" }],
    [400, userError, "moderation_blocked", refusedContent, { param: "" }],
    [400, invalid, "content_policy_violation", refusedContent],
    [400, userError, null, callersFault],
    [400, "billing_limit_user_error", "billing_hard_limit_reached", noMoney],
    [400, "billing_limit_user_error", null, noMoney],
    [401, invalid, "invalid_api_key", lockedOut],
    [401, invalid, null, lockedOut],
    [402, invalid, null, noMoney],
    [403, invalid, "unsupported_country_region_territory", forbidden],
    [403, invalid, null, forbidden],
    [404, invalid, "model_not_found", noSuchModel, { param: "model" }],
    [404, invalid, "not_found", callersFault, { param: "images" }],
    [404, invalid, null, { ...noSuchModel, cooldown: "none" }],
    [408, "server_error", null, { ...serverFault, error: "TimeoutError", billed: "no" }],
    [409, invalid, null, { ...serverFault, error: "APIError", billed: "no" }],
    [413, invalid, null, callersFault],
    [422, invalid, null, callersFault],
    [429, "requests", "rate_limit_exceeded", rateLimited],
    [429, "rate_limit_error", "slow_down", rateLimited],
    [429, "tokens", null, rateLimited],
    [429, "insufficient_quota", "insufficient_quota", noMoney],
    [429, "insufficient_quota", "credit_balance_exhausted", noMoney],
    [429, "insufficient_quota", null, noMoney],
    [429, "budget_exceeded", "429", noMoney],
    [500, "server_error", null, serverFault],
    [500, "server_error", null, { ...serverFault, calls: 1 }, { headers: { "x-should-retry": "false" } }],
    [
      400,
      invalid,
      "odd",
      { ...callersFault, served: "second", calls: 2 },
      { headers: { "x-should-retry": "true" } },
    ],
    [502, "server_error", null, { ...serverFault, error: "BadGatewayError" }],
    [503, "service_unavailable_error", "server_is_overloaded", overloaded],
    [
      503,
      "server_error",
      null,
      { ...overloaded, cooldown: "rate limit" },
      { headers: { "retry-after": "3" } },
    ],
    [504, "server_error", null, { ...serverFault, error: "TimeoutError" }],
    [520, "", null, serverFault],
    [529, "overloaded_error", null, overloaded],
    // Azure's errors have no type.
    [400, "", "contentFilter", refusedContent],
    [400, "", "content_policy_violation", refusedContent],
    [400, "", "OperationNotSupported", noSuchModel],
    [401, "", "401", lockedOut],
    [403, "", "Forbidden", forbidden],
    [404, "", "404", noSuchModel],
    [404, "", "DeploymentNotFound", noSuchModel],
    [429, "", "429", rateLimited],
  ];

const rows: readonly Row[] = [
  ...answered.map(([status, type, code, outcome, more]) => ({
    name: [status, type, code, more === undefined ? "" : JSON.stringify(more)].filter(Boolean).join(" "),
    fault: { kind: "status", status, type, code, ...more },
    ...outcome,
  })),
  { name: "a reset in place of the answer", fault: { kind: "reset", when: "after" }, ...cut },
  { name: "an answer cut short", fault: { kind: "cut", share: 0.5 }, ...cut },
  { name: "malformed JSON", fault: { kind: "malformed" }, ...cut },
  { name: "a timeout", fault: { kind: "hang" }, ...cut, error: "TimeoutError", calls: 1 },
];

const { one, two } = simulatorKeys;
let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: config(simulator.url) });
});

afterEach(() => simulator.clear());
afterAll(stopAll);

/** Each row has groups of its own, so that none is left alone for what another did. */
function config(url: string): string {
  const entry = modelEntries(url, { timeout: 2 });
  return stringify({
    model_list: [
      ...rows.flatMap((_, index) => [
        entry(`pair-${String(index)}`, "first", one),
        entry(`pair-${String(index)}`, "second", two, { weight: 0 }),
        entry(`alone-${String(index)}`, "only", one, { cooldown_time: 0 }),
      ]),
      entry("other", "only", two),
    ],
    router_settings: { num_retries: 1, default_fallbacks: ["other"] },
  });
}

interface FailedAttemptLine {
  readonly msg: string;
  readonly deployment: string;
  readonly error: string;
  readonly billed: string;
}

/** The line that the gateway's log has of a deployment's failure. */
function failureOf(deployment: string): Promise<FailedAttemptLine> {
  return until(() =>
    gateway
      .logLines()
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as FailedAttemptLine)
      .find((line) => line.msg === "attempt failed" && line.deployment === deployment),
  );
}

describe.each(rows.map((row, index) => ({ ...row, index: String(index) })))("$name", (row) => {
  test("is served by whoever may do better, and the deployment is left alone if it is to blame", async () => {
    await simulator.setFaults({ key: one, fault: row.fault });
    const model = `pair-${row.index}`;
    const answer = await sendEdit(gateway.url, { fields: { model } });
    if (row.served === "nobody") expect(answer.status).toBe(row.fault["status"]);
    else {
      expect(imagesIn(answer)).toBe(1);
      const by = row.served === "second" ? `${model}-second` : "other-only";
      expect(answer.headers["x-litellm-model-id"]).toBe(by);
    }

    const deployment = `${model}-first`;
    const metrics = await readMetrics(gateway);
    expect(metrics.sum("darkroom_attempt_failures_total", { deployment, error: row.error })).toBe(1);
    for (const cause of ["rate limit", "locked out", "failures"]) {
      const began = metrics.sum("darkroom_cooldowns_total", { deployment, cause });
      expect([cause, began]).toEqual([cause, cause === row.cooldown ? 1 : 0]);
    }
    expect(await failureOf(deployment)).toMatchObject({ error: row.error, billed: row.billed });

    await simulator.clear();
    await sendEdit(gateway.url, { fields: { model } });
    const keys = (await simulator.requests()).map(({ key }) => key);
    expect(keys).toEqual([row.cooldown === "none" ? one : two]);
  });

  test("calls a deployment that is alone as often as it may, and no more", async () => {
    await simulator.setFaults({ key: one, fault: row.fault });
    await sendEdit(gateway.url, { fields: { model: `alone-${row.index}` } });
    const keys = (await simulator.requests()).map(({ key }) => key);
    expect(keys.filter((key) => key === one)).toHaveLength(row.calls);
  });
});
