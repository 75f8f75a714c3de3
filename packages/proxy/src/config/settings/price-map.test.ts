import { join } from "node:path";
import { costOfEdit } from "@darkroom/cost-calculator";
import { TestFolder, oneModel } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const withMap = `${oneModel}  - {model_name: house, litellm_params: {model: openai/house-model}}
general_settings: {price_map: prices/ours.json}
`;
const place = "config.yaml:5:31: general_settings.price_map: prices/ours.json";

/** Prices in LiteLLM's form. */
const litellm = {
  sample_spec: { input_cost_per_token: 0, mode: "one of: chat, image_generation" },
  "house-model": { mode: "image_generation", output_cost_per_image: 0.04 },
  "gpt-image-2": { output_cost_per_image_token: "1e-05" },
  "gpt-5": { mode: "chat", input_cost_per_token: 1e-6 },
};

/** The same in Darkroom's. */
const own = {
  version: "ours",
  entries: [
    {
      model: "house-model",
      provider: "openai",
      usd_per_image: [{ usd: "0.04" }],
      source: "our contract",
      date: "2026-11-23",
    },
    {
      model: "gpt-image-2",
      provider: "openai",
      usd_per_million_tokens: { image_output: "10" },
      source: "our contract",
      date: "2026-11-23",
    },
  ],
};

function write(content: unknown): void {
  folder.write("prices/ours.json", typeof content === "string" ? content : JSON.stringify(content));
}

const usage = { input_tokens: 100, output_tokens: 2000, total_tokens: 2100 };

it.each([
  ["LiteLLM's price map", litellm],
  ["a price list of Darkroom", own],
])("holds for all deployments over the list prices: %s", (_, content) => {
  write(content);
  const config = folder.load(withMap);
  const costs = config.router.deployments.map(({ model, prices }) =>
    costOfEdit({ model, images: 1, usage }, prices),
  );
  // 100 tokens of text at the list's 5e-06 and 2,000 of images at the map's 1e-05; then the price of an image.
  expect(costs.map((cost) => cost?.nanoUsd)).toEqual([20_500_000n, 40_000_000n]);
  expect(config.warnings).toEqual([]);
  const [first] = config.router.deployments;
  expect(costOfEdit({ model: "gpt-image-1", images: 1, usage }, first?.prices)?.nanoUsd).toBe(80_500_000n);
});

it("is counted less than what an entry sets", () => {
  write(litellm);
  const [, house] = folder.load(
    withMap.replace("openai/house-model", "openai/house-model, output_cost_per_image: 0.07"),
  ).router.deployments;
  expect(costOfEdit({ model: "house-model", images: 1 }, house?.prices)?.nanoUsd).toBe(70_000_000n);
});

it("lies beside the file that names it", () => {
  write(litellm);
  folder.write("prices/more.yaml", "general_settings: {price_map: ours.json}\n");
  const [only] = folder.load(`${oneModel}include: [prices/more.yaml]\n`).router.deployments;
  expect(costOfEdit({ model: "house-model", images: 1 }, only?.prices)?.nanoUsd).toBe(40_000_000n);
});

it.each([
  ["no JSON", "{", `${place} is not valid JSON`],
  ["no object", "[]", "prices/ours.json: A price map is an object"],
  ["a list with a slip", { ...own, entries: [{ model: "x" }] }, "entries[0].provider must be a text"],
])("stops the start where the file is %s", (_, content, message) => {
  write(content);
  expect(folder.errorOf(withMap)).toContain(message);
});

it("tells the line of a price for a million tokens that is written as that of one", () => {
  write(`{
  "house-model": {
    "input_cost_per_token": 5,
    "output_cost_per_token": 4e-05
  }
}`);
  expect(folder.errorOf(withMap)).toBe(
    "prices/ours.json:3:29: house-model: input_cost_per_token is 5 US dollars for ONE token, which no model costs. " +
      "If that is the price of a million, write 5e-6",
  );
});

it("tells the line of a mistake in a price list of Darkroom", () => {
  const [entry] = own.entries;
  const dear = { ...own, entries: [{ ...entry, usd_per_million_tokens: { text_input: "5000000" } }] };
  write(JSON.stringify(dear, null, 1));
  expect(folder.errorOf(withMap)).toMatch(
    /^prices\/ours\.json:15:19: entries\[0\]\.usd_per_million_tokens\.text_input is more than \$0\.01 for ONE token/,
  );
});

it("may lie anywhere", () => {
  write(litellm);
  const absolute = join(folder.path, "prices/ours.json");
  const [, house] = folder.load(withMap.replace("prices/ours.json", absolute)).router.deployments;
  expect(costOfEdit({ model: "house-model", images: 1 }, house?.prices)?.nanoUsd).toBe(40_000_000n);
});

it("stops the start where there is no such file", () => {
  expect(folder.errorOf(withMap)).toBe(`${place} cannot be read: ENOENT`);
});

it("warns of entries without a price, naming a few", () => {
  const empty = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`model-${n}`, { mode: "image_edit" }]));
  write({ ...litellm, ...empty });
  expect(folder.warningsOf(withMap)).toEqual([
    "prices/ours.json: no price of an image could be read from model-1, model-2, model-3, model-4, model-5 and 2 more",
  ]);
});

it("belongs in general_settings", () => {
  expect(folder.errorOf(`${oneModel}litellm_settings: {price_map: x.json}`)).toContain(
    "litellm_settings.price_map: unknown setting; it belongs in general_settings",
  );
});
