import { usageOf, usd } from "../cost.test.support.js";
import { PriceError, importPriceMap, readPriceFile } from "../index.js";

const entry = { model: "house-model", provider: "openai", source: "our contract", date: "2026-11-01" };

function listOf(...entries: object[]) {
  return { version: "7", entries };
}

describe("a price list", () => {
  test("has its entries put together by model", () => {
    const file = readPriceFile(
      listOf(
        {
          ...entry,
          usd_per_million_tokens: { text_input: "5", image_output: "30.5" },
          doubt: "by telephone",
        },
        { ...entry, usd_per_image: [{ usd: "0.04", size: "512x512", quality: "low" }, { usd: "0.05" }] },
        { ...entry, estimate_ceiling_usd: "0.5" },
        { ...entry, provider: "azure", usd_per_pixel: "0.00000001" },
      ),
    );
    const source = { from: "our contract", date: "2026-11-01" };
    expect(file).toEqual({
      version: "7",
      skipped: [],
      prices: new Map<string, unknown>([
        [
          "house-model",
          {
            tokens: {
              textInput: "5e-6",
              imageOutput: "30.5e-6",
              source: { ...source, doubt: "by telephone" },
            },
            images: [
              { usd: "0.04", size: "512x512", quality: "low", source },
              { usd: "0.05", source },
            ],
            estimateCeilingUsd: "0.5",
          },
        ],
        ["azure/house-model", { usdPerPixel: "0.00000001" }],
      ]),
    });
    expect(usd({ model: "house-model", images: 1, usage: usageOf(1, 0, 2) }, file.prices)).toBe("0.000066");
  });

  test.each<[string, object, string]>([
    ["no version", { entries: [] }, '"version"'],
    ["a word too much", { ...listOf(), currency: "EUR" }, "currency is an unknown field"],
    ["an entry that is none", listOf([]), "entries[0] must be an object"],
    ["no model", listOf(entry, { ...entry, model: "" }), "entries[1].model must be a text"],
    ["no source", listOf({ ...entry, source: undefined }), "entries[0].source must be a text"],
    [
      "a misspelt field",
      listOf({ ...entry, usd_per_picture: [] }),
      "entries[0].usd_per_picture is an unknown field",
    ],
    [
      "a misspelt token",
      listOf({ ...entry, usd_per_million_tokens: { text_inptu: "5" } }),
      "entries[0].usd_per_million_tokens.text_inptu is an unknown field",
    ],
    [
      "a number",
      listOf({ ...entry, estimate_ceiling_usd: 0.5 }),
      "entries[0].estimate_ceiling_usd must be a decimal number in quotes",
    ],
    [
      "a negative price",
      listOf({ ...entry, usd_per_image: [{ usd: "-1" }] }),
      "entries[0].usd_per_image[0].usd must be a decimal number",
    ],
    [
      "an image without a price",
      listOf({ ...entry, usd_per_image: [{ size: "1x1" }] }),
      "entries[0].usd_per_image[0] must have usd",
    ],
    [
      "images that are no list",
      listOf({ ...entry, usd_per_image: { usd: "1" } }),
      "entries[0].usd_per_image must be a list",
    ],
    [
      "a price of a token too dear",
      listOf({ ...entry, usd_per_million_tokens: { text_input: "10001" } }),
      "entries[0].usd_per_million_tokens.text_input is more than $0.01 for ONE token",
    ],
    [
      "a price of a pixel too dear",
      listOf({ ...entry, usd_per_pixel: "0.011" }),
      "entries[0].usd_per_pixel is more than $0.01 for ONE pixel",
    ],
    [
      "a price of an image given twice",
      listOf(
        { ...entry, usd_per_image: [{ usd: "1", size: "1x1" }] },
        {
          ...entry,
          usd_per_image: [
            { usd: "1", quality: "low" },
            { usd: "2", size: "1x1" },
          ],
        },
      ),
      "entries[1].usd_per_image[1]: this size and quality is there for house-model already",
    ],
    [
      "a price given twice",
      listOf({ ...entry, estimate_ceiling_usd: "1" }, { ...entry, estimate_ceiling_usd: "2" }),
      "entries[1].estimate_ceiling_usd is there for house-model already",
    ],
  ])("with %s is refused", (_, file, message) => {
    expect(() => readPriceFile(file)).toThrow(message);
  });
});

describe("LiteLLM's price map", () => {
  const tokens = { input_cost_per_token: 5e-6, output_cost_per_image_token: 4e-5 };

  test("has keys by quality, size, model and provider, and specimens to pass over", () => {
    const { prices, skipped } = importPriceMap({
      sample_spec: { input_cost_per_token: 0, output_cost_per_image: 0 },
      "gpt-5": { mode: "chat", input_cost_per_token: 1e-6 },
      "gpt-image-1": tokens,
      "openai/other": tokens,
      "low/1024-x-1536/gpt-image-1": { input_cost_per_image: 0.016, input_cost_per_pixel: 1e-8 },
      "azure/low/1024-x-1024/gpt-image-1": { litellm_provider: "azure", input_cost_per_pixel: 1.0490417e-8 },
      "high/azure/1024-x-1024/gpt-image-1": { input_cost_per_image: "0.167" },
      "openai/512-x-512/dall-e-2": { input_cost_per_pixel: "6.86e-08" },
      "aiml/dall-e-2": { litellm_provider: "aiml", output_cost_per_image: 0.026 },
      "aiml/256-x-256/dall-e-2": { litellm_provider: "aiml", output_cost_per_image: 0.02 },
    });
    expect(skipped).toEqual([]);
    expect(Object.fromEntries(prices)).toEqual({
      "gpt-image-1": {
        tokens: { textInput: "0.000005", imageOutput: "0.00004" },
        images: [{ usd: "0.016", size: "1024x1536", quality: "low" }],
      },
      other: { tokens: { textInput: "0.000005", imageOutput: "0.00004" } },
      "azure/gpt-image-1": {
        images: [
          { usd: "10999999496192e-15", size: "1024x1024", quality: "low" },
          { usd: "0.167", size: "1024x1024", quality: "high" },
        ],
      },
      "dall-e-2": { images: [{ usd: "179830784e-10", size: "512x512" }] },
      "aiml/dall-e-2": { images: [{ usd: "0.026" }, { usd: "0.02", size: "256x256" }] },
    });
  });

  test("tells what it could not use, and goes on", () => {
    const { prices, skipped } = importPriceMap({
      "gpt-image-1": tokens,
      "a-note": "prices of July",
      "by-the-million": { input_cost_per_token: 5 },
      "no-prices": { mode: "image_edit", supports_vision: true },
      "high/1024-x-1024/no-prices": { litellm_provider: "openai" },
      "a/b/1024-x-1024/model": { input_cost_per_image: 1 },
    });
    expect([...prices.keys()]).toEqual(["gpt-image-1"]);
    expect(skipped).toEqual([
      { name: "a-note", reason: "it is no object", mistake: undefined },
      {
        name: "by-the-million",
        reason: expect.stringContaining("If that is the price of a million, write 5e-6"),
        mistake: "input_cost_per_token",
      },
      { name: "no-prices", reason: "it has no price of an image or its tokens", mistake: undefined },
      {
        name: "high/1024-x-1024/no-prices",
        reason: "it has no price of an image of its size",
        mistake: undefined,
      },
      { name: "a/b/1024-x-1024/model", reason: "its key is of no known shape", mistake: undefined },
    ]);
  });

  test("is looked up in its order: quality and size, size, model; auto is the dearest, and never an error", () => {
    const { prices } = importPriceMap({
      "dall-e-2": { input_cost_per_image: 0.02 },
      "256-x-256/dall-e-2": { input_cost_per_pixel: 2.4414e-7 },
      "gpt-image-1.5": tokens,
      "low/1024-x-1024/gpt-image-1.5": { input_cost_per_image: 0.009 },
      "high/1024-x-1024/gpt-image-1.5": { input_cost_per_image: 0.133 },
      "standard/1024-x-1024/gpt-image-1.5": { input_cost_per_image: 0.009 },
      "1024-x-1024/gpt-image-1.5": { input_cost_per_image: 0.009 },
    });
    const price = (model: string, size?: string, quality?: string) =>
      usd({ model, size, quality, images: 1 }, prices);
    expect(price("dall-e-2", "256x256", "standard")).toBe("0.015999959");
    expect(price("dall-e-2", "1024x1024", "auto")).toBe("0.02");
    expect(price("dall-e-2", "auto")).toBe("0.02");
    expect(price("gpt-image-1.5", "1024x1024", "low")).toBe("0.009");
    expect(price("gpt-image-1.5", "1024x1024", "standard")).toBe("0.009");
    expect(price("azure/gpt-image-1.5", "1024x1024", "auto")).toBe("0.133");
    expect(price("gpt-image-1.5")).toBe("0.133");
    expect(price("gpt-image-1.5", "1024x1024", "ultra")).toBeNull();
    expect(price("gpt-image-1.5", "2048x2048", "high")).toBeNull();
  });

  test("is what a file without entries is taken for", () => {
    expect(readPriceFile({ "gpt-image-1": tokens })).toEqual({
      ...importPriceMap({ "gpt-image-1": tokens }),
      version: undefined,
    });
  });

  test.each([null, [], "prices", 7])("is no %j", (value) => {
    expect(() => readPriceFile(value)).toThrow("A price map is an object of entries by model name");
  });
});

test("a mistake tells where it stands", () => {
  const file = listOf({ ...entry, usd_per_million_tokens: { text_input: "dear" } });
  expect(() => readPriceFile(file)).toThrow(PriceError);
  expect(pathOf(() => readPriceFile(file))).toEqual(["entries", 0, "usd_per_million_tokens", "text_input"]);
  expect(() => readPriceFile(file)).toThrow(
    "entries[0].usd_per_million_tokens.text_input must be a decimal number in quotes",
  );
});

function pathOf(read: () => unknown): PriceError["path"] | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof PriceError) return error.path;
  }
  return undefined;
}
