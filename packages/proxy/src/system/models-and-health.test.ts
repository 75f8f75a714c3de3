import { BudgetedGateway } from "./budgeted-gateway.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** What LiteLLM's scripts ask of models, their prices and limits, and how they are doing. */

let simulator: RunningSimulator;
let gateway: BudgetedGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  const entry = modelEntries(simulator.url);
  gateway = await BudgetedGateway.start(
    simulator,
    [
      entry("edits", "one", simulatorKeys.one, { rpm: 10, tpm: 100_000, ipm: 5, max_parallel_requests: 2 }),
      entry("edits", "two", simulatorKeys.two, { rpm: 20, input_cost_per_token: 0.00001 }),
      entry("other", "one", simulatorKeys.two, {
        model: "openai/priced-by-image",
        output_cost_per_image: 0.04,
      }),
    ],
    {
      router_settings: {
        // By latency, one whose first answer was slow would have no turn for minutes.
        routing_strategy: "simple-shuffle",
        queue_timeout: 0,
        num_retries: 0,
        model_group_alias: { house: "edits" },
      },
    },
  );
});
afterAll(stopAll);

const idsOf = (endpoints: unknown): unknown[] =>
  (endpoints as readonly { readonly model_id: string }[]).map(({ model_id }) => model_id);

test("a deployment tells its limits and its prices", async () => {
  const { data } = (await gateway.admin("/model/info")) as { data: readonly object[] };
  expect(data[0]).toMatchObject({
    model_name: "edits",
    litellm_params: { model: "openai/gpt-image-1", rpm: 10, tpm: 100_000, ipm: 5, max_parallel_requests: 2 },
    model_info: {
      id: "edits-one",
      mode: "image_edit",
      input_cost_per_token: 0.000005,
      input_cost_per_image_token: 0.00001,
      output_cost_per_image_token: 0.00004,
    },
  });
  expect(data[2]).toMatchObject({ model_info: { output_cost_per_image: 0.04 } });
  expect(JSON.stringify(data)).not.toContain("sk-");
});

test("a group tells the limits of all its deployments, and of each price the highest", async () => {
  for (const path of ["/model_group/info", "/v1/model_group/info"])
    expect(await gateway.admin(`${path}?model_group=house`)).toEqual({
      data: [
        expect.objectContaining({
          model_group: "house",
          providers: ["openai"],
          mode: "image_edit",
          rpm: 30,
          tpm: 100_000,
          ipm: 5,
          input_cost_per_token: 0.00001,
          output_cost_per_image_token: 0.00004,
        }),
      ],
    });
});

test("health is told without a call, from how edits went", async () => {
  const { key } = await gateway.admin("/key/generate", { models: ["other"] });
  expect(await gateway.admin("/health")).toMatchObject({ healthy_count: 3, unhealthy_count: 0 });
  const ofKey = await gateway.admin("/health", undefined, key as string);
  expect(idsOf(ofKey["healthy_endpoints"])).toEqual(["other-one"]);
  expect(await simulator.requests()).toEqual([]);

  await simulator.setFaults({ key: simulatorKeys.one, fault: { kind: "status", status: 401 } });
  while ((await simulator.requests()).every(({ key: of }) => of !== simulatorKeys.one)) await gateway.edit();
  const after = await gateway.admin("/health?model=house");
  expect(after).toMatchObject({ healthy_count: 1, unhealthy_count: 1 });
  expect(idsOf(after["healthy_endpoints"])).toEqual(["edits-two"]);
  expect(after["unhealthy_endpoints"]).toEqual([
    expect.objectContaining({
      model: "openai/gpt-image-1",
      api_base: `${simulator.url}/v1`,
      model_id: "edits-one",
      error: expect.stringContaining("401") as string,
      cause: "locked out",
    }),
  ]);
  expect(idsOf((await gateway.admin("/health?model_id=edits-one"))["unhealthy_endpoints"])).toEqual([
    "edits-one",
  ]);
  await until(async () => (await gateway.admin("/health/backlog"))["in_flight_requests"] === 0);
});
