import { type NanoUsd, costOfEdit } from "@darkroom/cost-calculator";
import type { Deployment } from "@darkroom/router";
import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

/** A file with one entry; the prices stand in its fourth line. */
function entry(params: string, info = "", model = "openai/house-model", name = "edits"): string {
  return `model_list:
  - model_name: ${name}
    litellm_params: {model: ${model}, api_key: sk-secret
      ${params === "" ? "" : `, ${params}`}}
    model_info: {id: one
      ${info === "" ? "" : `, ${info}`}}
`;
}

function deployment(yaml: string): Deployment {
  const [only] = folder.load(yaml).router.deployments;
  if (only === undefined) throw new Error("the file has no deployment");
  return only;
}

const usage = {
  input_tokens: 1100,
  output_tokens: 2000,
  total_tokens: 3100,
  input_tokens_details: { text_tokens: 100, image_tokens: 1000 },
};

function costWith({ model, baseModel, prices }: Deployment, images = 1): NanoUsd | undefined {
  return costOfEdit({ model: baseModel ?? model, images, usage }, prices)?.nanoUsd;
}

describe("prices of an entry", () => {
  const perToken = "input_cost_per_token: 1e-06, output_cost_per_token: 2e-06";

  it.each([
    ["in litellm_params", entry(perToken)],
    ["in model_info", entry("", perToken)],
    ["as texts", entry('input_cost_per_token: "0.000001", output_cost_per_token: "2e-6"')],
    ["of which those of litellm_params count more", entry(perToken, "input_cost_per_token: 7e-06")],
    [
      "from an environment variable",
      entry("input_cost_per_token: os.environ/IN, output_cost_per_token: 2e-06"),
    ],
  ])("are those of its edits: %s", (_, yaml) => {
    const environment = { OPENAI_API_KEY: "sk-x", IN: "1e-06" };
    const [only] = folder.load(yaml, { environment }).router.deployments;
    // 1,100 tokens in at 1e-06 and 2,000 out at 2e-06.
    expect(only && costWith(only)).toBe(5_100_000n);
  });

  it("replace those of a known model one by one", () => {
    const yaml = entry("output_cost_per_image_token: 1e-05", "", "openai/gpt-image-2");
    // The list prices: 5e-06 for text, 8e-06 for images.
    expect(costWith(deployment(yaml))).toBe(500_000n + 8_000_000n + 20_000_000n);
  });

  it("hold for an image where they are given for an image, whatever the tokens, and count each image", () => {
    expect(costWith(deployment(entry("output_cost_per_image: 0.04", "", "openai/gpt-image-2")), 3)).toBe(
      120_000_000n,
    );
    expect(costWith(deployment(entry("", "input_cost_per_image: 0.05")), 2)).toBe(100_000_000n);
  });

  it("of zero are free, which is not the same as none", () => {
    expect(costWith(deployment(entry("output_cost_per_image: 0")))).toBe(0n);
    expect(costWith(deployment(entry(""))) ?? null).toBeNull();
  });

  it("of base_model are taken, from litellm_params before model_info", () => {
    const listed = 500_000n + 10_000_000n + 80_000_000n;
    expect(costWith(deployment(entry("", "base_model: gpt-image-1")))).toBe(listed);
    expect(costWith(deployment(entry("base_model: gpt-image-1", "base_model: gpt-image-2")))).toBe(listed);
  });

  it("hold for every model of a wildcard, over the list prices of each", () => {
    const { prices } = deployment(entry("input_cost_per_token: 1e-06", "", '"openai/*"', '"*"'));
    const costOf = (model: string) => costOfEdit({ model, images: 1, usage }, prices)?.nanoUsd;
    expect(costOf("gpt-image-1")).toBe(100_000n + 10_000_000n + 80_000_000n);
    expect(costOf("gpt-image-2")).toBe(100_000n + 8_000_000n + 60_000_000n);
    expect(costOf("house-model")).toBeUndefined();
  });

  it("are not there where the entry has none: the list prices hold", () => {
    expect(deployment(entry("", "", "openai/gpt-image-1"))).not.toHaveProperty("prices");
    expect(deployment(entry("input_cost_per_token: ", "", "openai/gpt-image-1"))).not.toHaveProperty(
      "prices",
    );
  });
});

describe("a price of text beside the list's price of images", () => {
  const kept = (yaml: string) =>
    folder.warningsOf(yaml).filter((warning) => warning.includes("goes on costing"));

  it("is warned of, since LiteLLM would take it for images too", () => {
    const free = "input_cost_per_token: 0, output_cost_per_token: 0";
    expect(kept(entry(free, "", "openai/gpt-image-1"))).toEqual([
      expect.stringMatching(
        /^config\.yaml:2:5: an image token of gpt-image-1 .*input_cost_per_image_token is not set/,
      ),
      expect.stringMatching(
        /^config\.yaml:2:5: an image token of gpt-image-1 .*output_cost_per_image_token is not set/,
      ),
    ]);
  });

  it.each([
    [
      "where the images' price is set too",
      "input_cost_per_token: 0, input_cost_per_image_token: 0",
      "openai/gpt-image-1",
    ],
    ["where nothing is listed", "input_cost_per_token: 0, output_cost_per_token: 0", "openai/house-model"],
    ["where only images have prices", "output_cost_per_image_token: 0", "openai/gpt-image-1"],
  ])("is not, %s", (_, params, model) => {
    expect(kept(entry(params, "", model))).toEqual([]);
  });
});

describe("a price that cannot be meant", () => {
  it.each([
    ["litellm_params", entry("input_cost_per_token: 5"), "4:31"],
    ["model_info", entry("", "output_cost_per_image_token: 40"), "6:38"],
  ])("stops the start, where it stands and with what it was meant to be: %s", (section, yaml, place) => {
    const error = folder.errorOf(yaml);
    expect(error).toMatch(
      new RegExp(
        `^config\\.yaml:${place}: model_list\\[0\\]\\.${section}\\.\\w+: .*ONE token.*a million, write \\d+e-6$`,
      ),
    );
  });

  it.each([
    ["-0.1", 'must be a price in US dollars such as 0.02 or "1.9e-08", not "-0.1"'],
    ["free", 'must be a price in US dollars such as 0.02 or "1.9e-08", not "free"'],
    ["true", "expected a price in US dollars, got true"],
    ["[1]", "expected a price in US dollars, got a list"],
    [".inf", "expected a price in US dollars, got null"],
  ])("%s is no price", (value, message) => {
    const error = folder.errorOf(entry(`output_cost_per_image: ${value}`));
    expect(error).toContain("model_list[0].litellm_params.output_cost_per_image: ");
    expect(error).toContain(message);
  });

  it("may be $0.01 for a token, and any for an image", () => {
    expect(costWith(deployment(entry("input_cost_per_token: 0.01, output_cost_per_token: 0")))).toBe(
      11_000_000_000n,
    );
    expect(costWith(deployment(entry("output_cost_per_image: 12")))).toBe(12_000_000_000n);
  });
});

describe("a model without a price", () => {
  const told = (yaml: string) =>
    folder.warningsOf(yaml).filter((warning) => warning.includes("no price is known"));

  it("is told of once, with what to set", () => {
    const two = `${entry("")}  - {model_name: others, litellm_params: {model: openai/house-model}}\n`;
    expect(told(two)).toEqual([
      expect.stringMatching(/^no price is known for house-model: .*output_cost_per_image.*base_model/),
    ]);
  });

  it.each([
    ["a list price", entry("", "", "openai/gpt-image-2")],
    ["a price of its own", entry("output_cost_per_image: 0.04")],
    ["a base model with one", entry("base_model: gpt-image-1")],
    ["a name that a client chooses", entry("", "", '"openai/*"', '"*"')],
  ])("is not one with %s", (_, yaml) => {
    expect(told(yaml)).toEqual([]);
  });

  it("is one that only has a ceiling for estimates", () => {
    expect(told(entry("estimate_ceiling_usd: 2"))).toHaveLength(1);
  });
});

describe("unpriced", () => {
  it.each([["refuse"], ["allow"]])("is passed to the router: %s", (unpriced) => {
    expect(folder.load(`${entry("")}general_settings: {unpriced: ${unpriced}}`).router.unpriced).toBe(
      unpriced,
    );
  });

  it("is left to the router's default, and is one of two words", () => {
    expect(folder.load(entry("")).router).not.toHaveProperty("unpriced");
    expect(folder.errorOf(`${entry("")}general_settings: {unpriced: maybe}`)).toContain(
      'general_settings.unpriced: expected refuse or allow, got "maybe"',
    );
  });
});
