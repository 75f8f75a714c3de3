import { stringify } from "yaml";
import { errorOf, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.clear());
afterAll(stopAll);

/** A gateway with two deployments, of which the first has the budget. */
function gatewayWith(settings: object, ofFirst: object = {}): Promise<RunningGateway> {
  const entry = modelEntries(simulator.url);
  const first = entry("edits", "one", simulatorKeys.one);
  return startGateway({
    config: stringify({
      model_list: [{ ...first, ...ofFirst }, entry("edits", "two", simulatorKeys.two)],
      ...settings,
    }),
  });
}

const asked = { model: "edits", size: "1024x1024", quality: "low" };
const edit = (gateway: RunningGateway, fields: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  sendEdit(gateway.url, { fields: { ...asked, ...fields } });

test.each([429, 400, 422])("the budget of the whole proxy refuses, with status %d", async (status) => {
  const gateway = await gatewayWith({
    litellm_settings: { max_budget: 0.000001, budget_duration: "30d" },
    general_settings: { budget_exceeded_status: status },
  });
  const refused = await edit(gateway);
  expect(refused.status).toBe(status);
  expect(errorOf(refused)).toMatchObject({
    type: "budget_exceeded",
    message: expect.stringContaining("limit $0.000001 per 30d") as string,
  });
  await gateway.stop();
});

test("the budget of every customer refuses theirs, and nobody else's", async () => {
  const gateway = await gatewayWith({ litellm_settings: { max_end_user_budget: 0 } });
  const refused = await edit(gateway, { user: "zoe" });
  expect(refused.status).toBe(429);
  expect(errorOf(refused)).toMatchObject({
    type: "budget_exceeded",
    message: expect.stringContaining("Customer 'zoe'") as string,
  });
  expect((await edit(gateway)).status).toBe(200);
  await gateway.stop();
});

test("a deployment whose budget is spent leaves its edits to the others", async () => {
  const gateway = await gatewayWith({}, { max_budget: 0, budget_duration: "1d" });
  for (let count = 0; count < 5; count += 1) {
    const answer = await edit(gateway);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-model-id"]).toBe("edits-two");
  }
  await gateway.stop();
});

test("a provider whose budget is spent serves nobody", async () => {
  const gateway = await gatewayWith({
    router_settings: {
      provider_budget_config: { openai: { budget_limit: 0, time_period: "1d" } },
      optional_pre_call_checks: ["router_budget_limiting"],
    },
  });
  const refused = await edit(gateway);
  expect(refused.status).toBe(429);
  expect(errorOf(refused)).toMatchObject({ type: "budget_exceeded" });
  await gateway.stop();
});
