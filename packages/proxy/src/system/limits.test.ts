import { stringify } from "yaml";
import { errorOf, sendEdit } from "./edit-request.js";
import { type Answer, send } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { RunningProcess, stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

const { one, two } = simulatorKeys;

afterEach(stopAll);

interface Setting {
  readonly entries: (entry: ReturnType<typeof modelEntries>) => object[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly simulator?: Readonly<Record<string, unknown>>;
}

async function system({ entries, settings = {}, simulator: configuration = {} }: Setting) {
  const simulator = await startSimulator(configuration);
  const config = stringify({ model_list: entries(modelEntries(simulator.url)), ...settings });
  return { simulator, gateway: await startGateway({ config }) };
}

/** Sends them all at once. */
function edits(
  { url }: RunningGateway,
  count: number,
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: count }, () => sendEdit(url, { fields: { model: "edits", ...fields } })),
  );
}

function statuses(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function answered({ requests }: RunningSimulator, status: number): Promise<number> {
  return (await requests()).filter((request) => request.status === status).length;
}

/** What `darkroom quota` prints. */
async function quotaCommand({ url }: RunningGateway): Promise<string> {
  const running = new RunningProcess({ program: "proxy/dist/main.js", arguments: ["quota", "--url", url] });
  await running.ended;
  await running.stop();
  return running.standardOutput;
}

const never = { router_settings: { queue_timeout: 0 } };

test("a quota over two keys lets through exactly what it says, and its upstream refuses nothing", async () => {
  const { simulator, gateway } = await system({
    entries: (entry) => [
      entry("edits", "one", one, { quota: "house" }),
      entry("edits", "two", two, { quota: "house" }),
    ],
    settings: { ...never, quotas: { house: { rpm: 10 } } },
  });
  const answers = await edits(gateway, 15);
  expect(statuses(answers)).toEqual({ 200: 10, 429: 5 });
  expect(await simulator.requests()).toHaveLength(10);

  const refused = answers.find(({ status }) => status === 429);
  if (refused === undefined) throw new Error("nobody was refused");
  expect(errorOf(refused)).toMatchObject({ type: "rate_limit_error", code: "rate_limit_exceeded" });
  expect(errorOf(refused).message).toMatch(
    /^No deployment of the model 'edits' has room: requests a minute: 10 of 10 used, 1 asked for; fits in \d+ s\.$/,
  );
  const seconds = Number(refused.headers["retry-after"]);
  expect(seconds).toBeGreaterThan(45);
  expect(seconds).toBeLessThanOrEqual(61);
  expect(refused.headers).toMatchObject({
    "x-ratelimit-limit-requests": "10",
    "x-ratelimit-remaining-requests": "0",
  });
});

test("the sum of all limits is what is let through: a refusal of one takes nothing from another", async () => {
  const keys = ["a", "b", "c", "d"].map((name) => `sk-${name}`);
  const { simulator, gateway } = await system({
    entries: (entry) => keys.map((key) => entry("edits", key, key, { rpm: 6 })),
    settings: never,
    simulator: { keys: Object.fromEntries(keys.map((key) => [key, `org-${key}`])) },
  });
  expect(statuses(await edits(gateway, 40))).toEqual({ 200: 24, 429: 16 });
  const arrived = await simulator.requests();
  for (const key of keys) expect(arrived.filter((request) => request.key === key)).toHaveLength(6);
});

test("two keys of one model are two quotas, the same key twice is one", async () => {
  const { gateway } = await system({
    entries: (entry) => [
      entry("edits", "once", one, { rpm: 3 }),
      entry("edits", "again", one, { rpm: 3 }),
      entry("edits", "other", two, { rpm: 3 }),
    ],
    settings: never,
  });
  expect(statuses(await edits(gateway, 12))).toEqual({ 200: 6, 429: 6 });
});

test("n images are n images, and what never fits is no reason to come back", async () => {
  const { gateway } = await system({
    entries: (entry) => [entry("edits", "one", one, { ipm: 5 })],
    settings: never,
  });
  expect((await edits(gateway, 1, { n: "4" }))[0]?.status).toBe(200);
  const [tooMany] = await edits(gateway, 1, { n: "2" });
  expect(tooMany?.status).toBe(429);
  expect(tooMany?.headers).toMatchObject({
    "x-ratelimit-limit-images": "5",
    "x-ratelimit-remaining-images": "1",
  });
  expect((await edits(gateway, 1, { n: "1" }))[0]?.status).toBe(200);
  const [never5] = await edits(gateway, 1, { n: "6" });
  if (never5 === undefined) throw new Error("no answer");
  expect(never5.status).toBe(429);
  expect(errorOf(never5).message).toContain("6 asked for, which is more than ever fits");
  expect(never5.headers).toMatchObject({ "x-should-retry": "false" });
  expect(never5.headers["retry-after"]).toBeUndefined();
});

test("calls over the parallel limit wait their turn, and all are served", async () => {
  const { simulator, gateway } = await system({
    entries: (entry) => [entry("edits", "one", one, { max_parallel_requests: 2 })],
    simulator: { limits: { "org-one": { parallelRequests: 2 } } },
  });
  await simulator.setFaults({ fault: { kind: "hold" } });
  const all = edits(gateway, 10);
  await until(async () => (await simulator.held()) === 2);
  const told = await until(async () => {
    const printed = await quotaCommand(gateway);
    return printed.includes("edits: 8 requests of 1 callers wait.") && printed;
  });
  expect(told).toMatch(/2 calls at once +2 +0 +edits-one/);
  await simulator.setFaults();
  await simulator.release();
  expect(statuses(await all)).toEqual({ 200: 10 });
  expect(await answered(simulator, 429)).toBe(0);
  const metrics = (await send(`${gateway.url}/metrics`, { method: "GET" })).body.toString();
  expect(metrics).toMatch(/^darkroom_queued_total\{group="edits"\} 8$/m);
  expect(metrics).toMatch(/^darkroom_limit\{quota="[^"]+",of="calls"\} 2$/m);
  expect(metrics).toMatch(/^darkroom_limit_used\{quota="[^"]+",of="calls"\} 0$/m);
});

test("a group that is full is made good by its fallbacks", async () => {
  const { gateway } = await system({
    entries: (entry) => [entry("edits", "one", one, { rpm: 2 }), entry("spare", "two", two, { rpm: 3 })],
    settings: { router_settings: { queue_timeout: 0, fallbacks: [{ edits: ["spare"] }] } },
  });
  const answers = await edits(gateway, 8);
  expect(statuses(answers)).toEqual({ 200: 5, 429: 3 });
  const fallenBack = answers.filter((answer) => answer.headers["x-litellm-attempted-fallbacks"] === "1");
  expect(fallenBack.filter(({ status }) => status === 200)).toHaveLength(3);
});

test("waiting has its own deadline", async () => {
  const { simulator, gateway } = await system({
    entries: (entry) => [entry("edits", "one", one, { max_parallel_requests: 1 })],
    settings: { router_settings: { queue_timeout: 0.2 } },
  });
  await simulator.setFaults({ count: 1, fault: { kind: "hold" } });
  const answers = edits(gateway, 3);
  await until(
    async () => (await readMetrics(gateway)).sum("darkroom_requests_total", { status: "429" }) === 2,
  );
  await until(async () => (await simulator.held()) === 1);
  await simulator.release();
  expect(statuses(await answers)).toEqual({ 200: 1, 429: 2 });
});

test("with rate_limits: hint nothing is held back", async () => {
  const { gateway } = await system({
    entries: (entry) => [entry("edits", "one", one, { rpm: 1 })],
    settings: { router_settings: { queue_timeout: 0, rate_limits: "hint" } },
  });
  expect(statuses(await edits(gateway, 5))).toEqual({ 200: 5 });
});

test("a caller with many requests does not starve another", async () => {
  const { simulator, gateway } = await system({
    entries: (entry) => [entry("edits", "one", one, { max_parallel_requests: 1 })],
    simulator: { latency: { meanMs: 20, jitterMs: 0 } },
  });
  // Until all others wait.
  await simulator.setFaults({ count: 1, fault: { kind: "hold" } });
  const ended: string[] = [];
  const ask = async (user: string): Promise<void> => {
    const { status } = await sendEdit(gateway.url, { fields: { model: "edits", user } });
    expect(status).toBe(200);
    ended.push(user);
  };
  const many = Array.from({ length: 40 }, () => ask("many"));
  await until(async () => (await waiting(gateway)) === 39);
  const few = Array.from({ length: 3 }, () => ask("few"));
  await until(async () => (await waiting(gateway)) === 42);
  await until(async () => (await simulator.held()) === 1);
  await simulator.release();
  await Promise.all(few);
  // Turn by turn: three of each, and those that were under way.
  expect(ended.filter((user) => user === "many").length).toBeLessThan(12);
  await Promise.all(many);
});

async function waiting({ url }: RunningGateway): Promise<number> {
  const answer = await send(`${url}/quota`, { method: "GET" });
  const { waiting: rooms } = JSON.parse(answer.body.toString()) as { waiting: { requests: number }[] };
  return rooms.reduce((sum, { requests }) => sum + requests, 0);
}

test("one organisation without money leaves all its keys alone, and two quotas of one organisation are told of", async () => {
  const keys = { "sk-first": "org-shared", "sk-second": "org-shared", "sk-other": "org-other" };
  const { simulator, gateway } = await system({
    entries: (entry) => [
      entry("edits", "first", "sk-first"),
      entry("edits", "second", "sk-second"),
      entry("edits", "other", "sk-other"),
    ],
    // By latency, one whose first answer was slow would have no turn for minutes.
    settings: { router_settings: { routing_strategy: "simple-shuffle" } },
    simulator: { keys },
  });
  // Each answer names its organisation.
  await until(async () => {
    await edits(gateway, 3);
    return gateway.logLines().some((line) => line.includes("these quotas are of one organisation"));
  });
  await simulator.setFaults({
    key: "sk-first",
    fault: { kind: "status", status: 429, code: "insufficient_quota", type: "insufficient_quota" },
  });
  await until(async () => {
    await edits(gateway, 3);
    return (await simulator.requests()).some(({ key, status }) => key === "sk-first" && status === 429);
  });
  await simulator.clear();
  expect(statuses(await edits(gateway, 6))).toEqual({ 200: 6 });
  expect((await simulator.requests()).map(({ key }) => key)).toEqual(
    Array.from({ length: 6 }, () => "sk-other"),
  );
});

test("what is used, free and cooling is told in a table, and as JSON", async () => {
  const { simulator, gateway } = await system({
    entries: (entry) => [
      entry("edits", "one", one, { ipm: 10, quota: "house" }),
      entry("edits", "two", two, { ipm: 10, quota: "house" }),
    ],
    settings: never,
  });
  await edits(gateway, 1, { n: "3" });
  await simulator.setFaults({
    fault: { kind: "status", status: 401, code: "invalid_api_key", type: "invalid_request_error" },
  });
  await edits(gateway, 1);
  const printed = await quotaCommand(gateway);
  expect(printed).toMatch(
    /house +10 images a minute +5 +5 +edits-one \(cooling for \d+ s: 401 invalid_api_key\), edits-two/,
  );
  const answer = await send(`${gateway.url}/quota`, { method: "GET" });
  expect(JSON.parse(answer.body.toString())).toEqual({
    quotas: [
      {
        quota: "house",
        limits: [{ of: "images", used: 5, free: 5, limit: 10, configured: 10 }],
        deployments: ["one", "two"].map((name) => ({
          deployment: `edits-${name}`,
          group: "edits",
          standing: "cooling",
          cooling_for_seconds: expect.any(Number) as number,
          cause: "locked out",
          reason: "401 invalid_api_key",
        })),
      },
    ],
    waiting: [],
  });
});
