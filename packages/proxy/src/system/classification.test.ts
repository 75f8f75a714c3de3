import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { stringify } from "yaml";
import { errorOf, imagesIn, picture, sendEdit } from "./edit-request.js";
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
  /** Further `litellm_params` of the deployment that fails. */
  readonly parameters?: object;
  /** Who serves when only the first of two deployments fails so: the other, the fallback group, or nobody. */
  readonly served: "second" | "fallback" | "nobody";
  /** How often a deployment that is alone and always fails so is called, where one retry is allowed. */
  readonly calls: 1 | 2;
  /** Why the deployment is left alone after it has failed so once. */
  readonly cooldown: "rate limit" | "locked out" | "none";
  readonly error: string;
  readonly billed: "no" | "maybe" | "certain";
}

type Outcome = Omit<Row, "name" | "fault" | "parameters">;

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

type AnsweredRow = readonly [status: number, type: string, code: string | null, Outcome, object?];

const answered: readonly AnsweredRow[] = [
  [400, invalid, "invalid_value", callersFault, { param: "size" }],
  [400, invalid, null, callersFault, { param: "image" }],
  [400, userError, "moderation_blocked", refusedContent, { param: "" }],
  [400, invalid, "content_policy_violation", refusedContent],
  [400, userError, null, callersFault],
  [400, "billing_limit_user_error", "billing_hard_limit_reached", noMoney],
  [400, "billing_limit_user_error", null, noMoney],
  [401, invalid, "invalid_api_key", lockedOut],
  [401, invalid, "account_deactivated", lockedOut],
  [401, invalid, null, lockedOut],
  [402, invalid, null, noMoney],
  [403, invalid, "unsupported_country_region_territory", forbidden],
  [403, invalid, null, forbidden],
  [403, "", null, { ...forbidden, cooldown: "none" }],
  [404, invalid, "model_not_found", noSuchModel, { param: "model" }],
  [404, invalid, "not_found", callersFault, { param: "images" }],
  [404, invalid, null, { ...noSuchModel, cooldown: "none" }],
  [408, "server_error", null, { ...serverFault, error: "TimeoutError", billed: "no" }],
  [409, invalid, null, { ...serverFault, error: "APIError", billed: "no" }],
  [413, invalid, null, callersFault],
  [418, "", null, callersFault],
  [422, invalid, null, callersFault],
  [429, "requests", "rate_limit_exceeded", rateLimited],
  [429, "rate_limit_error", "slow_down", rateLimited],
  [429, "rate_limit_error", null, rateLimited],
  [429, "tokens", null, rateLimited],
  [429, "requests", "rate_limit_exceeded", rateLimited, { headers: { "retry-after-ms": "1200" } }],
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
  [500, "service_unavailable_error", null, overloaded],
  [503, "server_error", null, overloaded],
  [503, "server_error", null, { ...overloaded, cooldown: "rate limit" }, { headers: { "retry-after": "3" } }],
  [504, "server_error", null, { ...serverFault, error: "TimeoutError" }],
  [520, "", null, serverFault],
  [529, "overloaded_error", null, overloaded],
  [529, "", null, overloaded],
];

/** Azure's errors have a code, which may be the status, and no type. */
const answeredByAzure: readonly AnsweredRow[] = [
  [400, "", "contentFilter", refusedContent],
  [400, "", "content_policy_violation", refusedContent],
  [400, "", "OperationNotSupported", noSuchModel],
  [401, "", "401", lockedOut],
  [403, "", "Forbidden", forbidden],
  [404, "", "404", noSuchModel],
  [404, "", "DeploymentNotFound", noSuchModel],
  [429, "", "429", rateLimited],
  [400, "", "content_filter", refusedContent],
  [400, "", "ResponsibleAIPolicyViolation", refusedContent],
  [400, "", "BadRequest", callersFault],
  [500, "", "InternalServerError", serverFault],
  [503, "", "503", overloaded],
];

const rowOf = ([status, type, code, outcome, more]: AnsweredRow): Row => ({
  name: [status, type, code, more === undefined ? "" : JSON.stringify(more)].filter(Boolean).join(" "),
  fault: { kind: "status", status, type, code, ...more },
  ...outcome,
});

const atAzure = { model: "azure/edits", api_version: "2025-04-01-preview" };

const rows: readonly Row[] = [
  ...answered.map(rowOf),
  ...answeredByAzure.map(rowOf).map((row) => ({ ...row, name: `Azure's ${row.name}`, parameters: atAzure })),
  { name: "a reset in place of the answer", fault: { kind: "reset", when: "after" }, ...cut },
  { name: "an answer cut short", fault: { kind: "cut", share: 0.5 }, ...cut },
  { name: "malformed JSON", fault: { kind: "malformed" }, ...cut },
  { name: "a timeout", fault: { kind: "hang" }, ...cut, error: "TimeoutError", calls: 1 },
];

const { one, two } = simulatorKeys;

/** Each row has an organisation of its own: what leaves one without money leaves all its deployments alone. */
const keyOf = (index: number | string): string => `sk-row-${String(index)}`;

let simulator: RunningSimulator;
let gateway: RunningGateway;
/** Takes connections and reads nothing. */
let silent: net.Server;
const arrived: net.Socket[] = [];

beforeAll(async () => {
  const ofRows = Object.fromEntries(rows.map((_, index) => [keyOf(index), `org-row-${String(index)}`]));
  simulator = await startSimulator({
    azure: { deployments: { edits: "gpt-image-1" } },
    keys: { ...ofRows, [one]: "org-one", [two]: "org-two" },
  });
  silent = net
    .createServer({ pauseOnConnect: true }, (socket) => arrived.push(socket))
    .listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  gateway = await startGateway({ config: config(simulator.url, `http://127.0.0.1:${String(port)}`) });
});

afterEach(() => simulator.clear());
afterAll(async () => {
  await stopAll();
  for (const socket of arrived) socket.destroy();
  silent.close();
});

/** Each row has groups of its own, so that none is left alone for what another did. */
function config(url: string, silentUrl: string): string {
  const entry = modelEntries(url, { timeout: 2 });
  return stringify({
    model_list: [
      ...rows.flatMap(({ parameters }, index) => {
        const ofFirst = parameters === undefined ? {} : { api_base: url, ...parameters };
        return [
          entry(`pair-${String(index)}`, "first", keyOf(index), ofFirst),
          entry(`pair-${String(index)}`, "second", two, { weight: 0 }),
          entry(`alone-${String(index)}`, "only", keyOf(index), { ...ofFirst, cooldown_time: 0 }),
        ];
      }),
      entry("other", "only", two),
      entry("refused", "only", one, { api_base: "http://127.0.0.1:1" }),
      entry("broken", "only", one),
      entry("full", "only", one, { max_connections: 1, timeout: 30 }),
      entry("silent", "only", one, { api_base: silentUrl, timeout: 0.3, cooldown_time: 0 }),
    ],
    router_settings: { num_retries: 1, default_fallbacks: ["other"] },
  });
}

/** The line that the gateway's log has of a deployment. */
function logged(message: string, deployment: string): Promise<Record<string, unknown>> {
  return until(() =>
    gateway
      .logLines()
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((line) => line["msg"] === message && line["deployment"] === deployment),
  );
}

type Headers = Readonly<Record<string, string | undefined>>;

/** What the fault's headers ask for. A time that is asked for is kept to, up to a tenth longer. */
function askedMs(fault: FaultRule["fault"]): number | undefined {
  const { "retry-after": seconds, "retry-after-ms": milliseconds } = (fault["headers"] ?? {}) as Headers;
  if (milliseconds !== undefined) return Number(milliseconds);
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

describe.each(rows.map((row, index) => ({ ...row, index: String(index) })))("$name", (row) => {
  const { fault, cooldown, calls } = row;

  test("is served by whoever may do better, and the deployment is left alone if it is to blame", async () => {
    await simulator.setFaults({ key: keyOf(row.index), fault });
    const model = `pair-${row.index}`;
    const answer = await sendEdit(gateway.url, { fields: { model } });
    if (row.served === "nobody") expect(answer.status).toBe(fault["status"]);
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
      expect([cause, began]).toEqual([cause, cause === cooldown ? 1 : 0]);
    }
    expect(await logged("attempt failed", deployment)).toMatchObject({
      error: row.error,
      billed: row.billed,
    });
    if (cooldown !== "none") {
      const { durationMs } = await logged("cooldown began", deployment);
      const leastMs = cooldown === "locked out" ? 600_000 : (askedMs(fault) ?? 5_000);
      expect(durationMs).toBeGreaterThanOrEqual(leastMs);
      expect(durationMs).toBeLessThanOrEqual(askedMs(fault) === undefined ? leastMs : leastMs * 1.1);
    }

    await simulator.clear();
    await sendEdit(gateway.url, { fields: { model } });
    const keys = (await simulator.requests()).map(({ key }) => key);
    expect(keys).toEqual([cooldown === "none" ? keyOf(row.index) : two]);
  });

  test("calls a deployment that is alone as often as it may, and tells the client as it was told", async () => {
    await simulator.setFaults({ key: keyOf(row.index), fault });
    const fields = { model: `alone-${row.index}`, disable_fallbacks: "true" };
    const answer = await sendEdit(gateway.url, { fields });
    expect((await simulator.requests()).map(({ key }) => key)).toEqual(Array(calls).fill(keyOf(row.index)));
    expect(answer.headers["x-darkroom-attempts"]?.toString().split(", ")).toHaveLength(calls);
    expect(answer.headers["x-litellm-attempted-retries"]).toBe(String(calls - 1));

    const { status = row.error === "TimeoutError" ? 504 : 502, type, code, param = null } = fault;
    expect(answer.status).toBe(status);
    const message = expect.any(String);
    const ofUpstream = row.parameters === undefined ? { type, code, param, message } : { code, message };
    const ofGateway = {
      type: "server_error",
      code: status === 504 ? "timeout" : "upstream_connection_error",
    };
    expect(errorOf(answer)).toMatchObject(fault.kind === "status" ? ofUpstream : ofGateway);
    const invites = (status === 429 || status === 503) && askedMs(fault) !== undefined;
    expect(answer.headers["x-should-retry"]).toBe(invites ? undefined : "false");
  });
});

describe("a deployment that has not got the whole request is tried again, and has charged nothing", () => {
  const fields = { disable_fallbacks: "true" };

  test("where it refuses the connection", async () => {
    const answer = await sendEdit(gateway.url, { fields: { ...fields, model: "refused" } });
    expect(answer.status).toBe(502);
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "refused-only: connection refused, refused-only: connection refused",
    );
    const told = { error: "APIConnectionError", billed: "no" };
    expect(await logged("attempt failed", "refused-only")).toMatchObject(told);
  });

  test("where it has no connection to spare until the time is up", async () => {
    await simulator.setFaults({ count: 1, fault: { kind: "hold" } });
    const first = sendEdit(gateway.url, { fields: { ...fields, model: "full", timeout: "30" } });
    await until(async () => (await simulator.held()) === 1);
    const answer = await sendEdit(gateway.url, { fields: { ...fields, model: "full", timeout: "0.2" } });
    expect(answer.status).toBe(504);
    await simulator.release();
    expect((await first).status).toBe(200);
    expect(await simulator.requests()).toHaveLength(1);
    const told = { error: "TimeoutError", billed: "no" };
    expect(await logged("attempt failed", "full-only")).toMatchObject(told);
  });

  // More than the buffers of both sockets take where nobody reads.
  const image = Buffer.concat([picture, Buffer.alloc(24 * 1024 * 1024)]);

  test("where it breaks the connection within the request", async () => {
    await simulator.setFaults({ fault: { kind: "reset", when: "before" } });
    const answer = await sendEdit(gateway.url, { fields: { ...fields, model: "broken" }, image });
    expect(answer.status).toBe(502);
    expect(await simulator.requests()).toHaveLength(2);
    const told = { error: "APIConnectionError", billed: "no" };
    expect(await logged("attempt failed", "broken-only")).toMatchObject(told);
  });

  test("where it does not read on until its time is up", async () => {
    const answer = await sendEdit(gateway.url, { fields: { ...fields, model: "silent" }, image });
    expect(answer.status).toBe(504);
    expect(arrived).toHaveLength(2);
    const told = { error: "TimeoutError", billed: "no" };
    expect(await logged("attempt failed", "silent-only")).toMatchObject(told);
  });
});
