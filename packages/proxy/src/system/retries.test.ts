import OpenAI, { APIError, toFile } from "openai";
import { stringify } from "yaml";
import { picture, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

const { one, two } = simulatorKeys;

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: config(simulator.url) });
});

afterEach(() => simulator.clear());
afterAll(stopAll);

function config(url: string): string {
  const entry = modelEntries(url);
  const pair = (group: string): object[] => [
    entry(group, "first", one),
    entry(group, "second", two, { weight: 0 }),
  ];
  return stringify({
    model_list: [
      ...pair("edits"),
      ...pair("by-group"),
      ...pair("stormy"),
      ...pair("backed"),
      ...pair("backing"),
      entry("alone", "only", one),
      entry("eager", "only", one, { num_retries: 3 }),
    ],
    router_settings: {
      disable_cooldowns: true,
      num_retries: 2,
      retry_policy: {
        RateLimitErrorRetries: 1,
        AuthenticationErrorRetries: 0,
        ContentPolicyViolationErrorRetries: 1,
      },
      model_group_retry_policy: { "by-group": { InternalServerErrorRetries: 0 } },
      retry_budget_per_minute: 40,
      fallbacks: [{ backed: ["backing"] }],
    },
  });
}

function edit(model: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return sendEdit(gateway.url, { fields: { model, ...fields } });
}

async function calls(): Promise<number> {
  return (await simulator.requests()).length;
}

const always = (fault: FaultRule["fault"]): FaultRule => ({ fault });
const status = (code: number, more: object = {}): FaultRule =>
  always({ kind: "status", status: code, ...more });
const reset: FaultRule = always({ kind: "reset", when: "after" });

describe("retry_policy", () => {
  test.each([
    ["a class that it names", status(429), "edits", 2],
    ["a class that it names with 0", status(401), "edits", 1],
    ["a class that would not be retried otherwise", status(400, { code: "moderation_blocked" }), "edits", 2],
    ["a class that it does not name", status(500), "edits", 3],
    ["a class that the group's own policy names", status(500), "by-group", 1],
    ["a class that only the router's policy names, which the group's replaces", status(429), "by-group", 3],
    ["num_retries of the deployment", status(500), "eager", 4],
  ])("%s", async (_, rule, model, expected) => {
    await simulator.setFaults(rule);
    await edit(model);
    expect(await calls()).toBe(expected);
  });

  test("num_retries of the request counts more", async () => {
    await simulator.setFaults(status(429));
    await edit("edits", { num_retries: "0" });
    expect(await calls()).toBe(1);
  });
});

describe("after an outcome that nobody knows", () => {
  test.each([
    ["a reset in place of the answer", reset],
    ["an answer cut short", always({ kind: "cut", share: 0.5 })],
    ["malformed JSON", always({ kind: "malformed" })],
  ])("%s: one more call, however many retries there may be", async (_, rule) => {
    await simulator.setFaults(rule);
    const answer = await edit("edits", { num_retries: "9" });
    expect(answer.status).toBe(502);
    expect(await calls()).toBe(2);
    expect(answer.headers["x-should-retry"]).toBe("false");
  });

  test("one more call also where that one fails for another reason, which invites nobody", async () => {
    const limit = { kind: "status", status: 429, headers: { "retry-after": "1" } };
    await simulator.setFaults({ key: one, ...reset }, { key: two, fault: limit });
    const answer = await edit("edits", { num_retries: "9" });
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ "retry-after": "1", "x-should-retry": "false" });
    expect(await calls()).toBe(2);
  });

  test("the fallbacks are tried all the same, with one call each", async () => {
    await simulator.setFaults(reset);
    const answer = await edit("backed", { num_retries: "9" });
    expect(answer.headers["x-darkroom-attempts"]?.toString().split(", ")).toHaveLength(3);
    expect(await calls()).toBe(3);
  });
});

describe("OpenAI's own client, with its own retries, makes no more calls than the gateway alone", () => {
  const callsOfClient = async (model: string, rule: FaultRule): Promise<number> => {
    await simulator.setFaults(rule);
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any" });
    expect(client.maxRetries).toBe(2);
    const image = await toFile(picture, "a.png");
    const editing = client.images.edit({ model, prompt: "Add a red hat", image });
    await expect(editing).rejects.toBeInstanceOf(APIError);
    return calls();
  };

  test.each([
    ["500", status(500), 3],
    ["503", status(503), 3],
    ["429 that does not say when to come back", status(429), 2],
    ["a reset", reset, 2],
  ])("after %s", async (_, rule, expected) => {
    expect(await callsOfClient("edits", rule)).toBe(expected);
  });

  test.each([
    // Three rounds, each of as many calls as the gateway makes.
    [429, 2],
    [503, 3],
  ])("but comes back after a %d that says when", async (code, callsOfRound) => {
    const rule = status(code, { headers: { "retry-after": "1" } });
    expect(await callsOfClient("edits", rule)).toBe(3 * callsOfRound);
  });

  test("and not where it says when with another status", async () => {
    expect(await callsOfClient("edits", status(500, { headers: { "retry-after": "1" } }))).toBe(3);
  });
});

describe("the wait before the same deployment", () => {
  /** When the simulator got the two calls that one edit comes to, in milliseconds since 1970. */
  const arrivals = async (headers: Readonly<Record<string, string>>): Promise<[number, number]> => {
    await simulator.setFaults({ ...status(429, { headers }), count: 1 });
    expect((await edit("alone")).status).toBe(200);
    const [first, second, ...more] = await simulator.requests();
    if (first === undefined || second === undefined || more.length > 0) throw new Error("not two calls");
    return [first.arrivedAtMs, second.arrivedAtMs];
  };

  test.each([
    ["in milliseconds", { "retry-after-ms": "600" }],
    ["in seconds", { "retry-after": "0.6" }],
  ])("is as long as it asks, %s", async (_, headers) => {
    const [first, second] = await arrivals(headers);
    expect(second - first).toBeGreaterThanOrEqual(600);
  });

  test("is as long as it asks, as a date", async () => {
    const date = new Date(Date.now() + 2_000).toUTCString();
    const [, second] = await arrivals({ "retry-after": date });
    // The simulator's clock is set by nobody, and may differ by so much.
    expect(second).toBeGreaterThanOrEqual(Date.parse(date) - 50);
  });
});

test("when everything fails, retries do not multiply what is offered", async () => {
  await simulator.setFaults(status(500));
  const offered = 400;
  const worker = async (): Promise<void> => {
    for (let count = 0; count < offered / 20; count += 1) expect((await edit("stormy")).status).toBe(500);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  const made = await calls();
  expect(made).toBeGreaterThan(offered);
  expect(made).toBeLessThanOrEqual(offered * 1.1 + 40);
  const metrics = await readMetrics(gateway);
  expect(metrics.sum("darkroom_retries_total", { group: "stormy" })).toBe(made - offered);
  expect(metrics.sum("darkroom_retries_refused_total", { group: "stormy" })).toBeGreaterThan(0);
});
