import { stringify } from "yaml";
import { errorOf, imagesIn, picture, sendEdit } from "./edit-request.js";
import { type Answer, postJson } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

const { one, two } = simulatorKeys;
const fails = { key: one, fault: { kind: "status", status: 500 } };

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: config(simulator.url) });
});
beforeEach(() => simulator.setFaults(fails));
afterEach(() => simulator.clear());
afterAll(stopAll);

/** Of all these groups only `live` has the key that no fault strikes. */
function config(url: string): string {
  const entry = modelEntries(url);
  const dead = (group: string, model = "gpt-image-1"): object =>
    entry(group, "only", one, { model: `openai/${model}` });
  return stringify({
    model_list: [
      dead("ring"),
      dead("round", "gpt-image-2"),
      dead("many"),
      dead("by-alias"),
      dead("by-id"),
      dead("named"),
      dead("unlisted"),
      entry("live", "only", two),
      entry("wild/*", "any", one, { model: "openai/*" }),
      entry("listed", "only", one),
      entry("hasty", "first", one, { stream_timeout: 0.3 }),
      entry("hasty", "second", two, { weight: 0 }),
    ],
    router_settings: {
      num_retries: 1,
      retry_budget_per_minute: 10_000,
      disable_cooldowns: true,
      max_fallbacks: 2,
      stream_timeout: 3,
      model_group_alias: { house: "live", nickname: "named", circle: "ring" },
      fallbacks: [
        { ring: ["round", "circle"] },
        { round: ["ring"] },
        { many: ["ring", "round", "live"] },
        { "by-alias": ["house"] },
        { "by-id": ["live-only"] },
        { nickname: ["live"] },
        { "wild/gpt-image-1": ["live-only"] },
        { "wild/*": ["ring"] },
        { "listed-only": ["live"] },
      ],
      model_group_retry_policy: { "wild/gpt-image-1": { InternalServerErrorRetries: 3 } },
      default_fallbacks: ["live"],
      context_window_fallbacks: [{ ring: ["live"] }],
    },
  });
}

type Controls = Readonly<Record<string, unknown>>;

function asForm(model: string, controls: Controls = {}): Promise<Answer> {
  const values = Object.entries(controls).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return sendEdit(gateway.url, {
    fields: { model, ...(Object.fromEntries(values) as Record<string, string>) },
  });
}

function asJson(model: string, controls: Controls = {}): Promise<Answer> {
  const image_url = `data:image/png;base64,${picture.toString("base64")}`;
  return postJson(gateway.url, { model, prompt: "Add a red hat", images: [{ image_url }], ...controls });
}

async function keysCalled(): Promise<(string | null)[]> {
  return (await simulator.requests()).map(({ key }) => key);
}

test("a ring of fallbacks, also by an alias, is gone through once, with retries at each hop", async () => {
  const answer = await asForm("ring");
  expect(answer.status).toBe(500);
  const each = (deployment: string): string =>
    `${deployment}: 500 server_error, ${deployment}: 500 server_error`;
  expect(answer.headers["x-darkroom-attempts"]).toBe(`${each("ring-only")}, ${each("round-only")}`);
  expect(await simulator.requests()).toHaveLength(4);
});

test("max_fallbacks ends it, though another one would serve", async () => {
  const answer = await asForm("many", { num_retries: 0 });
  expect(answer.status).toBe(500);
  expect(answer.headers["x-litellm-attempted-fallbacks"]).toBe("2");
  expect(await keysCalled()).toEqual([one, one, one]);
});

test.each([
  ["an alias as the target", "by-alias"],
  ["a deployment's id as the target", "by-id"],
  ["an alias as the key", "named"],
  ["an alias as the key, asked for by it", "nickname"],
  ["a model of a wildcard as the key", "wild/gpt-image-1"],
  ["a deployment's id as the key, asked for by it", "listed-only"],
  ["default_fallbacks, where there are no others", "unlisted"],
])("%s", async (_, model) => {
  const answer = await asForm(model, { num_retries: 0 });
  expect(imagesIn(answer)).toBe(1);
  expect(answer.headers).toMatchObject({
    "x-litellm-model-id": "live-only",
    "x-litellm-attempted-fallbacks": "1",
  });
  expect(await keysCalled()).toEqual([one, two]);
});

test("another model of the wildcard has the wildcard's own fallbacks", async () => {
  expect((await asForm("wild/gpt-image-2", { num_retries: 0 })).headers["x-darkroom-attempts"]).toBe(
    "wild/*-any: 500 server_error, ring-only: 500 server_error",
  );
});

test("one model of a wildcard may be the fallback of another", async () => {
  await simulator.setFaults({ model: "gpt-image-2", ...fails });
  const controls = { num_retries: 0, fallbacks: ["wild/gpt-image-1"] };
  const answer = await asForm("wild/gpt-image-2", controls);
  expect(imagesIn(answer)).toBe(1);
  expect(answer.headers["x-litellm-attempted-fallbacks"]).toBe("1");
});

test("a retry policy for a model of a wildcard", async () => {
  await asForm("wild/gpt-image-1", { disable_fallbacks: true });
  expect(await keysCalled()).toEqual([one, one, one, one]);
});

describe("while a deployment asks to be left alone", () => {
  const asksForTime = (seconds: string): FaultRule => ({
    key: one,
    count: 1,
    fault: { kind: "status", status: 429, headers: { "retry-after": seconds } },
  });

  test("a fallback serves, and nobody waits", async () => {
    await simulator.setFaults(asksForTime("3"));
    const answer = await asForm("unlisted");
    expect(answer.headers["x-darkroom-attempts"]).toBe("unlisted-only: 429 server_error, live-only: ok");
  });

  test("for no longer than a retry waits anyway, it is called again first", async () => {
    await simulator.setFaults(asksForTime("0.3"));
    const answer = await asForm("unlisted");
    expect(answer.headers["x-darkroom-attempts"]).toBe("unlisted-only: 429 server_error, unlisted-only: ok");
  });

  test("the last group is waited for", async () => {
    await simulator.setFaults(asksForTime("1"));
    const answer = await asForm("unlisted", { disable_fallbacks: true });
    expect(answer.headers["x-darkroom-attempts"]).toBe("unlisted-only: 429 server_error, unlisted-only: ok");
  });
});

describe.each([
  ["a form", asForm],
  ["JSON", asJson],
])("a request's own settings, in %s", (_, send) => {
  test.each<[string, Controls, number, (string | null)[]]>([
    ["num_retries", { num_retries: 2, disable_fallbacks: true }, 500, [one, one, one]],
    ["no num_retries", { num_retries: 0, disable_fallbacks: true }, 500, [one]],
    ["fallbacks in place of the configured ones", { num_retries: 0, fallbacks: ["round"] }, 500, [one, one]],
    ["fallbacks by an alias", { num_retries: 0, fallbacks: ["house"] }, 200, [one, two]],
    ["fallbacks by a deployment's id", { num_retries: 0, fallbacks: ["live-only"] }, 200, [one, two]],
    ["fallbacks as objects", { num_retries: 0, fallbacks: [{ model: "live" }] }, 200, [one, two]],
    ["no fallbacks", { num_retries: 0, fallbacks: [] }, 500, [one]],
    ["disable_fallbacks", { num_retries: 0, disable_fallbacks: true, fallbacks: ["live"] }, 500, [one]],
    ["mock_testing_fallbacks", { mock_testing_fallbacks: true }, 200, [two]],
  ])("%s", async (__, controls, status, keys) => {
    expect((await send("unlisted", controls)).status).toBe(status);
    expect(await keysCalled()).toEqual(keys);
  });

  test("timeout", async () => {
    await simulator.setFaults({ key: one, fault: { kind: "hang" } });
    const answer = await send("unlisted", { timeout: 1 });
    expect(answer.status).toBe(504);
    expect(errorOf(answer)).toMatchObject({
      code: "timeout",
      message: "The edit was not answered within 1 s.",
    });
    expect(await keysCalled()).toEqual([one]);
  });

  test.each<[string, unknown]>([
    ["num_retries", "many"],
    ["num_retries", -1],
    ["timeout", "soon"],
    ["fallbacks", "live"],
    ["fallbacks", [{ model: "live", prompt: "Add a blue hat" }]],
    ["fallbacks", [[]]],
    ["fallbacks", ["live", "nowhere"]],
    ["disable_fallbacks", "perhaps"],
  ])("a wrong %s (%j) is refused, naming it", async (field, value) => {
    const answer = await send("unlisted", { [field]: value });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", param: field });
    expect(await keysCalled()).toEqual([]);
  });
});

describe("stream_timeout", () => {
  const hangs = { key: one, fault: { kind: "hang" } };

  test("of the router is a streamed request's deadline, and no other's", async () => {
    await simulator.setFaults(hangs);
    const streamed = await asForm("unlisted", { stream: true });
    expect(streamed.status).toBe(504);
    expect(errorOf(streamed).message).toBe("The edit was not answered within 3 s.");
    await simulator.setFaults({ fault: { kind: "delay", ms: 3_100 } });
    expect((await asForm("unlisted")).status).toBe(200);
  });

  test("of a deployment leaves the others their time", async () => {
    await simulator.setFaults(hangs);
    const answer = await asForm("hasty", { stream: true });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-attempts"]).toBe("hasty-first: timeout after 0.3 s, hasty-second: ok");
  });
});
