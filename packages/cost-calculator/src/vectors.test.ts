/** Every vector that was published for the cost of image edits, in one table: LiteLLM's own tests and OpenAI's answers. */
import { usageOf, usd } from "./cost.test.support.js";
import { type FinishedEdit, type PriceTable, importPriceMap, listPrices } from "./index.js";

/** Entries of LiteLLM's price map of 2026-08-06, as they stand there. */
const { prices: priceMap } = importPriceMap({
  "dall-e-2": { input_cost_per_image: 0.02, litellm_provider: "openai", mode: "image_generation" },
  "256-x-256/dall-e-2": { input_cost_per_pixel: 2.4414e-7, output_cost_per_pixel: 0 },
  "512-x-512/dall-e-2": { input_cost_per_pixel: 6.86e-8, output_cost_per_pixel: 0 },
  "1024-x-1024/dall-e-2": { input_cost_per_pixel: 1.9e-8, output_cost_per_pixel: 0 },
  "chatgpt-image-latest": {
    cache_read_input_token_cost: 1.25e-6,
    input_cost_per_image_token: 1e-5,
    input_cost_per_token: 5e-6,
    output_cost_per_image_token: 4e-5,
  },
  "gpt-image-1": {
    input_cost_per_token: 5e-6,
    input_cost_per_image_token: 1e-5,
    output_cost_per_image_token: 4e-5,
  },
  "high/1024-x-1024/gpt-image-1": { input_cost_per_image: 0.167, input_cost_per_pixel: 1.59263611e-7 },
  "free-model": { input_cost_per_token: 0, output_cost_per_token: 0 },
  "priceless-model": { mode: "image_generation", supports_vision: true },
});
const plain: PriceTable = new Map([
  ["priced", { tokens: { textInput: "5e-6", imageInput: "8e-6", textOutput: "7e-6", imageOutput: "3e-5" } }],
]);
const withCache: PriceTable = new Map([
  [
    "priced",
    {
      tokens: {
        textInput: "5e-06",
        cachedTextInput: "1.25e-06",
        imageInput: "8e-06",
        cachedImageInput: "2e-06",
        textOutput: "1e-05",
        imageOutput: "3e-05",
      },
    },
  ],
]);

const observed = usageOf(25, 194, 272);
const larger = usageOf(30, 1000, 1756);

function cachedUsage(text: number, image: number, cached: number, output: number) {
  return {
    ...usageOf(text, image, output),
    input_tokens_details: { text_tokens: text, image_tokens: image, cached_tokens: cached },
  };
}

function priced(usage: unknown): FinishedEdit {
  return { model: "priced", images: 1, usage };
}

test.each<[string, PriceTable, FinishedEdit, string | null]>([
  ["dall-e-2 by pixels", priceMap, { model: "dall-e-2", size: "1024x1024", images: 2 }, "0.039845888"],
  [
    "dall-e-2 by pixels (0.0179830784)",
    priceMap,
    { model: "dall-e-2", size: "512x512", images: 1 },
    "0.017983078",
  ],
  [
    "dall-e-2 by pixels (0.04799987712)",
    priceMap,
    { model: "dall-e-2", size: "256x256", images: 3 },
    "0.047999877",
  ],
  ["dall-e-2 by list price", listPrices, { model: "dall-e-2", size: "1024x1024", images: 2 }, "0.04"],
  ["a real usage", listPrices, { model: "gpt-image-1", images: 1, usage: observed }, "0.012945"],
  ["the same", listPrices, { model: "gpt-image-1-mini", images: 1, usage: observed }, "0.002711"],
  ["the same", listPrices, { model: "gpt-image-1.5", images: 1, usage: observed }, "0.010381"],
  [
    "with text output",
    listPrices,
    {
      model: "gpt-image-1.5",
      images: 1,
      usage: usageOf(25, 194, 272, { image_tokens: 252, text_tokens: 20 }),
    },
    "0.009941",
  ],
  ["a larger one", listPrices, { model: "gpt-image-2", images: 1, usage: larger }, "0.06083"],
  ["the same", listPrices, { model: "gpt-image-2.5-flare", images: 1, usage: larger }, "0.06083"],
  ["the same", listPrices, { model: "gpt-image-2.5-sunburst", images: 1, usage: larger }, "0.06083"],
  ["the same", listPrices, { model: "gpt-image-2.6-flare", images: 1, usage: larger }, "0.06083"],
  ["the same", listPrices, { model: "gpt-image-2.6-sunburst", images: 1, usage: larger }, "0.06083"],
  ["by the map", priceMap, { model: "chatgpt-image-latest", images: 1, usage: observed }, "0.012945"],
  ["no usage", listPrices, { model: "gpt-image-1", size: "1024x1536", quality: "high", images: 3 }, "0.75"],
  [
    "no usage",
    listPrices,
    { model: "gpt-image-1.5", size: "1024x1024", quality: "medium", images: 4 },
    "0.136",
  ],
  [
    "LiteLLM's test of an edit's cost",
    listPrices,
    { model: "gpt-image-1", images: 1, usage: usageOf(50, 50, 1000) },
    "0.04075",
  ],
  [
    "the same of Azure",
    listPrices,
    { model: "azure/gpt-image-1", images: 1, usage: usageOf(50, 50, 1000) },
    "0.04075",
  ],
  ["V1, all image", plain, priced(usageOf(19, 512, 158, { image_tokens: 158, text_tokens: 0 })), "0.008931"],
  ["V1, the rest is text", plain, priced(usageOf(19, 512, 158, { image_tokens: 100 })), "0.007597"],
  ["V1, no output details", plain, priced(usageOf(19, 512, 158)), "0.008931"],
  ["V2, no details", plain, priced({ input_tokens: 1, output_tokens: 1, total_tokens: 2 }), "0.000035"],
  ["V2, an empty usage", plain, priced({}), null],
  ["V2, all zero", plain, priced(usageOf(0, 0, 0)), null],
  ["V2, no total", plain, priced({ input_tokens: 1, output_tokens: 1 }), null],
  ["V3", withCache, priced(usageOf(510, 1452, 5488)), "0.178806"],
  ["V4, cached text", withCache, priced(cachedUsage(200, 0, 160, 600)), "0.0184"],
  ["V5, cached text, then images", withCache, priced(cachedUsage(10, 1452, 300, 5488)), "0.1745285"],
  ["V6, zero is free", priceMap, { model: "free-model", images: 1, usage: larger }, "0"],
  ["V6, an unknown model", priceMap, { model: "gpt-image-9", images: 1, usage: larger }, null],
  ["V6, an entry without prices", priceMap, { model: "priceless-model", images: 1, usage: larger }, null],
  [
    "V6, tokens win over a price of images",
    priceMap,
    { model: "gpt-image-1", size: "1024x1024", quality: "high", images: 1, usage: observed },
    "0.012945",
  ],
  [
    "V6, which holds without usage",
    priceMap,
    { model: "gpt-image-1", size: "1024x1024", quality: "high", images: 1 },
    "0.167",
  ],
])("%s", (_, prices, edit, expected) => {
  expect(usd(edit, prices)).toBe(expected);
});
