import { type Asker, BudgetedGateway, dollars, isBudgetRefusal } from "./budgeted-gateway.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

const fits = 57;

let simulator: RunningSimulator;
let plain: BudgetedGateway;
/** What pays for {@link fits} edits and not for one more, in dollars. */
let budget: number;

const deployments = (second: object = {}, order = {}) => {
  const entry = modelEntries(simulator.url);
  return [
    entry("edits", "one", simulatorKeys.one, { ...order }),
    entry("edits", "two", simulatorKeys.two, second),
  ];
};

beforeAll(async () => {
  simulator = await startSimulator();
  plain = await BudgetedGateway.start(simulator, deployments());
  budget = dollars((await plain.mostNanoUsd()) * fits + 1);
});
afterEach(() => simulator.clear());
afterAll(stopAll);

/** Of a key, in the fields of the management API. */
const ofKeys: Readonly<Record<string, (budget: number) => object>> = {
  "for one model": (max_budget) => ({ model_max_budget: { edits: { max_budget, budget_duration: "30d" } } }),
  "for a day, beside a larger one for the month": (max_budget) => ({
    budget_limits: [
      { max_budget, budget_duration: "24h" },
      { max_budget: 2 * max_budget, budget_duration: "30d" },
    ],
  }),
  "for the month, beside a larger one for an hour": (max_budget) => ({
    budget_limits: [
      { max_budget: 2 * max_budget, budget_duration: "1h" },
      { max_budget, budget_duration: "30d" },
    ],
  }),
  "of nothing, with a temporary increase": (increase) => ({
    max_budget: 0,
    temp_budget_increase: increase,
    temp_budget_expiry: new Date(Date.now() + 3_600_000).toISOString(),
  }),
};

async function paysExactly(gateway: BudgetedGateway, asker: Asker): Promise<void> {
  const { served, refused } = await gateway.atOnce(asker, 200, fits);
  expect(served.map(({ status }) => status)).toEqual(Array.from({ length: fits }, () => 200));
  expect(refused.every(isBudgetRefusal)).toBe(true);
  expect((await simulator.bill()).totals.overall.requests).toBe(fits);
}

describe("of 200 edits at once exactly 57 are paid", () => {
  test.each(Object.keys(ofKeys))("by a key's budget %s", async (name) => {
    await paysExactly(plain, { key: await plain.newKey(ofKeys[name]?.(budget)) });
  });

  test("by a reusable budget of a customer", async () => {
    await plain.admin("/budget/new", { budget_id: "of-57", max_budget: budget });
    await plain.admin("/customer/new", { user_id: "zoe", budget_id: "of-57" });
    await paysExactly(plain, { key: await plain.newKey(), fields: { user: "zoe" } });
  });

  test("by every customer's budget, for one whom nobody has heard of", async () => {
    const gateway = await BudgetedGateway.start(simulator, deployments(), {
      litellm_settings: { max_end_user_budget: budget },
    });
    await paysExactly(gateway, { fields: { user: "unheard-of" } });
    await simulator.clear();
    await paysExactly(gateway, { fields: { user: "another" } });
    await gateway.gateway.stop();
  });

  test("by the budget of the whole proxy, whoever asks", async () => {
    const gateway = await BudgetedGateway.start(simulator, deployments(), {
      litellm_settings: { max_budget: budget, budget_duration: "30d" },
    });
    await paysExactly(gateway, {});
    await gateway.gateway.stop();
  });
});

describe("of 200 edits at once all are served, and exactly 57 of them", () => {
  const byDeployment = async (gateway: BudgetedGateway): Promise<Record<string, number>> => {
    const { served } = await gateway.atOnce({}, 200, 200);
    const counts: Record<string, number> = {};
    for (const { status, headers } of served) {
      const served = `${String(status)} ${String(headers["x-litellm-model-id"])}`;
      counts[served] = (counts[served] ?? 0) + 1;
    }
    return counts;
  };

  test("by a deployment with a budget, though it comes first", async () => {
    const [one, two] = deployments({ order: 2 }, { order: 1 });
    const gateway = await BudgetedGateway.start(simulator, [{ ...one, max_budget: budget }, two as object]);
    expect(await byDeployment(gateway)).toEqual({ "200 edits-one": fits, "200 edits-two": 200 - fits });
    await gateway.gateway.stop();
  });

  test("by a provider with a budget, though it comes first", async () => {
    const other = { model: "litellm_proxy/gpt-image-1", order: 2 };
    const gateway = await BudgetedGateway.start(simulator, deployments(other, { order: 1 }), {
      router_settings: {
        queue_timeout: 0,
        num_retries: 0,
        provider_budget_config: { openai: { budget_limit: budget, time_period: "30d" } },
      },
    });
    expect(await byDeployment(gateway)).toEqual({ "200 edits-one": fits, "200 edits-two": 200 - fits });
    await gateway.gateway.stop();
  });
});
