import { stringify } from "yaml";
import { errorOf, imagesIn, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

const { one, two } = simulatorKeys;
const refusingUrl = "http://127.0.0.1:1/v1";

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: config(simulator.url) });
});

afterEach(() => simulator.clear());
afterAll(stopAll);

/** Each test has groups of its own. In a pair `first` is tried before `second`, whose weight is 0. */
function config(url: string): string {
  const entry = modelEntries(url);
  const alone = (group: string, parameters: object = {}, info: object = {}): object =>
    entry(group, "only", one, parameters, info);
  const pair = (group: string, ofFirst: object = {}, info: object = {}): object[] => [
    entry(group, "first", one, ofFirst, info),
    entry(group, "second", two, { weight: 0 }),
  ];
  return stringify({
    model_list: [
      alone("locked"),
      alone("litellm", { cooldown_time: 5 }),
      alone("backed", { cooldown_time: 60 }),
      entry("backing", "only", two, {}),
      alone("returning", { cooldown_time: 0.5 }),
      ...pair("limited"),
      ...pair("failing"),
      ...pair("refused", { api_base: refusingUrl }),
      alone("failing-alone"),
      alone("allowed", { cooldown_time: 30 }, { allowed_fails: 1 }),
      alone("by-policy", {}, { allowed_fails_policy: { InternalServerErrorAllowedFails: 0 } }),
      ...pair("patient", { cooldown_time: 0 }),
      alone("asking-little"),
    ],
    router_settings: { num_retries: 0, fallbacks: [{ backed: ["backing"] }] },
  });
}

function edit(model: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return sendEdit(gateway.url, { fields: { model, ...fields } });
}

async function keysCalled(): Promise<(string | null)[]> {
  return (await simulator.requests()).map(({ key }) => key);
}

const status = (code: number, more: object = {}): FaultRule => ({
  key: one,
  fault: { kind: "status", status: code, ...more },
});

async function isCooling(deployment: string): Promise<boolean> {
  return (await readMetrics(gateway)).sum("darkroom_deployment_cooling", { deployment }) === 1;
}

function logged(message: string, deployment: string): Promise<Record<string, unknown>> {
  return until(() =>
    gateway
      .logLines()
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((line) => line["msg"] === message && line["deployment"] === deployment),
  );
}

describe("while every deployment of a group is left alone", () => {
  test("a client gets LiteLLM's 429 that says when to come back, and nothing is sent", async () => {
    await simulator.setFaults(status(401, { code: "invalid_api_key" }));
    expect((await edit("litellm")).status).toBe(401);
    await simulator.clear();
    const answer = await edit("litellm");
    expect(answer.status).toBe(429);
    expect(errorOf(answer)).toEqual({
      message: "No deployments available for selected model, Try again in 5 seconds. Passed model=litellm.",
      type: "all_deployments_in_cooldown",
      param: null,
      code: "all_deployments_in_cooldown",
    });
    expect(answer.headers["retry-after"]).toBe("5");
    expect(answer.headers).not.toHaveProperty("x-should-retry");
    expect(await keysCalled()).toEqual([]);
    expect((await edit("backing")).status).toBe(200);
  });

  test("for longer than clients wait, it is told not to try again", async () => {
    await simulator.setFaults(status(401, { code: "invalid_api_key" }));
    await edit("locked");
    const answer = await edit("locked");
    expect(answer.headers).toMatchObject({ "retry-after": "600", "x-should-retry": "false" });
    expect(await keysCalled()).toEqual([one]);
    expect(await logged("cooldown began", "locked-only")).toMatchObject({
      cause: "locked out",
      reason: "401 invalid_api_key",
      durationMs: 600_000,
    });
  });

  test("its fallbacks serve at once", async () => {
    await simulator.setFaults(status(401));
    expect((await edit("backed")).headers["x-litellm-model-id"]).toBe("backing-only");
    await simulator.clear();
    const answer = await edit("backed");
    expect(imagesIn(answer)).toBe(1);
    expect(answer.headers).toMatchObject({
      "x-litellm-model-id": "backing-only",
      "x-litellm-attempted-fallbacks": "1",
    });
    expect(await keysCalled()).toEqual([two]);
    const metrics = await readMetrics(gateway);
    expect(metrics.sum("darkroom_fallbacks_total", { from: "backed", to: "backing" })).toBe(2);
  });
});

describe("a deployment that was left alone", () => {
  test("is tried out when its time is over, and serves again", async () => {
    await simulator.setFaults(status(401));
    await edit("returning");
    expect(await isCooling("returning-only")).toBe(true);
    await until(async () => !(await isCooling("returning-only")));
    await logged("cooldown ended", "returning-only");
    // The probe fails: it is left alone once more.
    expect((await edit("returning")).status).toBe(401);
    await until(async () => !(await isCooling("returning-only")));
    await simulator.clear();
    expect((await edit("returning")).status).toBe(200);
    expect((await edit("returning")).status).toBe(200);
    const metrics = await readMetrics(gateway);
    const labels = { deployment: "returning-only", cause: "locked out" };
    expect(metrics.sum("darkroom_cooldowns_total", labels)).toBe(2);
  });

  test("for its rate limit gets no traffic for as long as it asked", async () => {
    await simulator.setFaults(status(429, { headers: { "retry-after": "30" } }));
    expect((await edit("limited")).status).toBe(429);
    await simulator.clear();
    for (let count = 0; count < 3; count += 1) expect((await edit("limited")).status).toBe(200);
    expect(await keysCalled()).toEqual([two, two, two]);
  });
});

describe("failures in a row", () => {
  test.each([
    ["failing", status(500)],
    ["refused", undefined],
  ])("take the deployment of %s out at the fifth", async (group, rule) => {
    if (rule !== undefined) await simulator.setFaults(rule);
    for (let count = 0; count < 5; count += 1) {
      expect(await isCooling(`${group}-first`)).toBe(false);
      expect((await edit(group)).status).toBeGreaterThanOrEqual(500);
    }
    expect(await isCooling(`${group}-first`)).toBe(true);
    expect((await edit(group)).headers["x-litellm-model-id"]).toBe(`${group}-second`);
  });

  test("leave a deployment that is alone where it is", async () => {
    await simulator.setFaults(status(500));
    for (let count = 0; count < 8; count += 1) expect((await edit("failing-alone")).status).toBe(500);
    expect(await simulator.requests()).toHaveLength(8);
  });

  test("by the caller's own fault, or a client's short patience, take nothing out", async () => {
    await simulator.setFaults(status(400, { code: "invalid_value" }));
    for (let count = 0; count < 8; count += 1) await edit("asking-little");
    await simulator.setFaults({ key: one, fault: { kind: "hang" } });
    for (let count = 0; count < 8; count += 1) await edit("asking-little", { timeout: "0.02" });
    await simulator.clear();
    expect((await edit("asking-little")).status).toBe(200);
  });
});

describe("LiteLLM's settings of a deployment", () => {
  test("allowed_fails: the one after takes it out", async () => {
    await simulator.setFaults(status(500));
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await edit("allowed")).status);
    expect(statuses).toEqual([500, 500, 429]);
    expect(await simulator.requests()).toHaveLength(2);
  });

  test("allowed_fails_policy: by class", async () => {
    await simulator.setFaults(status(503));
    expect((await edit("by-policy")).status).toBe(503);
    await simulator.setFaults(status(500));
    expect((await edit("by-policy")).status).toBe(500);
    expect((await edit("by-policy")).status).toBe(429);
  });

  test("cooldown_time of 0: it is never left alone", async () => {
    await simulator.setFaults(status(401));
    await edit("patient");
    await edit("patient");
    expect(await keysCalled()).toEqual([one, one]);
  });
});
