import { BudgetedGateway, dollars } from "./budgeted-gateway.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

/** Limits of one model hold by whatever name a client asks for it. */

/** Less than any edit costs. */
const tiny = 0.000001;

let simulator: RunningSimulator;
let gateway: BudgetedGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  const entry = modelEntries(simulator.url);
  const wildcard = { model: "openai/gpt-image-*" };
  gateway = await BudgetedGateway.start(
    simulator,
    [
      entry("edits", "one", simulatorKeys.one),
      entry("others", "two", simulatorKeys.two),
      entry("gpt-image-*", "any", simulatorKeys.one, wildcard),
    ],
    {
      router_settings: {
        queue_timeout: 0,
        num_retries: 0,
        model_group_alias: { pictures: "edits" },
        fallbacks: [{ others: ["gpt-image-1"] }],
      },
    },
  );
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

async function statusOf(key: string, model: string): Promise<number> {
  return (await gateway.edit({ key, fields: { model } })).status;
}

const namesOfEdits = ["edits", "pictures", "edits-one"];

test("a rate is taken by every name of the model together", async () => {
  for (const written of namesOfEdits) {
    const key = await gateway.newKey({ model_rpm_limit: { [written]: 1 } });
    expect(await statusOf(key, "edits")).toBe(200);
    for (const model of namesOfEdits)
      expect([written, model, await statusOf(key, model)]).toEqual([written, model, 429]);
    expect(await statusOf(key, "others")).toBe(200);
  }
});

test("a budget is held to by every name of the model", async () => {
  for (const written of namesOfEdits) {
    const key = await gateway.newKey({
      model_max_budget: { [written]: { budget_limit: tiny, time_period: "1d" } },
    });
    for (const model of namesOfEdits)
      expect([written, model, await statusOf(key, model)]).toEqual([written, model, 429]);
    expect(await statusOf(key, "others")).toBe(200);
  }
});

test("a key's own name for a model is one that limits may have", async () => {
  const aliases = { mine: "edits" };
  const key = await gateway.newKey({ aliases, model_rpm_limit: { mine: 0 } });
  expect(await statusOf(key, "mine")).toBe(429);
  const poor = await gateway.newKey({ aliases, model_max_budget: { mine: tiny } });
  expect(await statusOf(poor, "mine")).toBe(429);
});

test("of a wildcard group each model has a budget of its own, which begins with what was really spent", async () => {
  const key = await gateway.newKey();
  expect(await statusOf(key, "gpt-image-1")).toBe(200);
  expect(await statusOf(key, "gpt-image-1-mini")).toBe(200);
  const most = await gateway.mostNanoUsd({ key, fields: { model: "gpt-image-1" } });
  await gateway.admin("/key/update", {
    key,
    model_max_budget: { "gpt-image-1": { budget_limit: dollars(most) } },
  });
  expect(await statusOf(key, "gpt-image-1")).toBe(429);
  expect(await statusOf(key, "gpt-image-1-mini")).toBe(200);
  // What was spent on one model is the key's spend, and nobody else's.
  expect(JSON.stringify(await gateway.admin("/global/spend/keys"))).not.toContain("/model:");
});

test("a list of a provider's models lets use those that have their own names", async () => {
  const key = await gateway.newKey({ models: ["openai/*"] });
  expect(await statusOf(key, "gpt-image-1")).toBe(200);
  expect(await statusOf(key, "edits")).toBe(403);
  expect(await statusOf(await gateway.newKey({ models: ["azure/*"] }), "gpt-image-1")).toBe(403);
});

test("what a fallback in a wildcard group costs is paid by its own model's budget", async () => {
  const key = await gateway.newKey({ model_max_budget: { "gpt-image-1": tiny } });
  await simulator.setFaults({ fault: { kind: "status", status: 500 }, key: simulatorKeys.two });
  expect(await statusOf(key, "others")).not.toBe(200);
});
