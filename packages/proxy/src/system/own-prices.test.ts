import { nanoUsdOf } from "./dollars.js";
import { type Answer, type FormPart, postForm } from "./form-request.js";
import { png } from "./pictures.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** Models that no list of prices knows; the simulator bills them as those that it knows. */
const models = [
  { id: "house-model", like: "gpt-image-1" },
  { id: "mapped-model", like: "gpt-image-2" },
  { id: "unpriced-model", like: "gpt-image-1" },
  { id: "named-by-client", like: "gpt-image-1" },
];

/** Prices of gpt-image-1, one by one in the two places where an entry may have them. */
const config = (url: string): string => `model_list:
  - model_name: house
    litellm_params:
      model: openai/house-model
      api_base: ${url}/v1
      api_key: ${simulatorKeys.one}
      input_cost_per_token: 5e-06
      input_cost_per_image_token: "0.00001"
    model_info: {output_cost_per_image_token: 4e-05}
  - model_name: mapped
    litellm_params: {model: openai/mapped-model, api_base: "${url}/v1", api_key: ${simulatorKeys.one}}
  - model_name: based
    litellm_params: {model: openai/house-model, api_base: "${url}/v1", api_key: ${simulatorKeys.one}, base_model: gpt-image-1}
  - model_name: unpriced
    litellm_params: {model: openai/unpriced-model, api_base: "${url}/v1", api_key: ${simulatorKeys.one}}
  - model_name: any/*
    litellm_params: {model: "openai/*", api_base: "${url}/v1", api_key: ${simulatorKeys.one}}
general_settings: {price_map: prices.json, unpriced: allow}
`;

const priceMap = {
  "mapped-model": {
    mode: "image_edit",
    input_cost_per_token: 5e-6,
    input_cost_per_image_token: 8e-6,
    output_cost_per_token: 1e-5,
    output_cost_per_image_token: 3e-5,
  },
};

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator({ models });
  gateway = await startGateway({
    config: config(simulator.url),
    files: { "prices.json": JSON.stringify(priceMap) },
  });
});
afterAll(stopAll);

function edit(model: string): Promise<Answer> {
  const parts: FormPart[] = [
    { name: "model", content: model },
    { name: "prompt", content: "Add a red hat" },
    { name: "quality", content: "low" },
    { name: "image", content: png(), fileName: "a.png", type: "image/png" },
  ];
  return postForm(gateway.url, parts);
}

it.each(["house", "mapped", "based"])("prices of one's own come to the bill: %s", async (group) => {
  const { status, headers } = await edit(group);
  expect(status).toBe(200);
  const { lines } = await simulator.bill();
  const billed = lines.find(({ requestId }) => requestId === headers["llm_provider-x-request-id"]);
  expect(nanoUsdOf(String(headers["x-litellm-response-cost"]))).toBe(BigInt(billed?.nanoUsd ?? 0));
  expect(BigInt(billed?.nanoUsd ?? 0)).toBeGreaterThan(0n);
});

it("a model without a price is warned of once: at the start, or with its first edit", async () => {
  const models = ["unpriced", "any/named-by-client", "unpriced", "any/named-by-client"];
  for (const model of models) {
    const { status, headers } = await edit(model);
    expect([status, headers["x-litellm-response-cost"]]).toEqual([200, undefined]);
  }
  const warned = (): string[] =>
    gateway.logLines().flatMap((line) => /no price is known for ([\w-]+):/.exec(line)?.[1] ?? []);
  await until(() => Promise.resolve(warned().length >= 2));
  expect(warned()).toEqual(["unpriced-model", "named-by-client"]);
});

it("a price for a million written as one for a token stops the start, where it stands", async () => {
  const wrong = config(simulator.url).replace("5e-06", "5");
  await expect(startGateway({ config: wrong, files: { "prices.json": "{}" } })).rejects.toThrow(
    /config\.yaml:7:29: model_list\[0\]\.litellm_params\.input_cost_per_token: .*ONE token.*a million/,
  );
});
