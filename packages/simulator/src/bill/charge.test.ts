import { knownModels, type Model } from "../models.js";
import type { Usage } from "../usage/usage.js";
import { chargeNanoUsd, type Delivered, roundedHalfUp } from "./charge.js";

const square = { width: 1024, height: 1024 };

function known(id: string): Model {
  const model = knownModels.find((one) => one.id === id);
  if (model === undefined) throw new Error(id);
  return model;
}

/** By usage, one picture of medium quality; a test changes what it is about. */
function charge(model: Model, changes: Partial<Delivered>): bigint {
  return chargeNanoUsd({ model, size: square, quality: "medium", images: 1, usage: undefined, ...changes });
}

function usage(text: number, image: number, imageOut: number, textOut = 0): Usage {
  return {
    total_tokens: text + image + imageOut + textOut,
    input_tokens: text + image,
    output_tokens: imageOut + textOut,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens_details: { image_tokens: imageOut, text_tokens: textOut },
  };
}

function cachedUsage(cached: number, details?: { text_tokens: number; image_tokens: number }): Usage {
  const { input_tokens_details, ...plain } = usage(25, 194, 272);
  return {
    ...plain,
    input_tokens_details: {
      ...input_tokens_details,
      cached_tokens: cached,
      ...(details && { cached_tokens_details: details }),
    },
  };
}

describe("the charge by usage", () => {
  it.each<[string, Usage, bigint]>([
    ["gpt-image-1", usage(25, 194, 272), 12_945_000n],
    ["gpt-image-1-mini", usage(25, 194, 272), 2_711_000n],
    ["gpt-image-1.5", usage(25, 194, 272), 10_381_000n],
    ["gpt-image-1.5-2025-12-16", usage(25, 194, 252, 20), 9_941_000n],
    ["gpt-image-2", usage(30, 1000, 1756), 60_830_000n],
    ["gpt-image-2-2026-04-21", usage(30, 1000, 1756), 60_830_000n],
    ["gpt-image-2.5-flare", usage(30, 1000, 1756), 60_830_000n],
    ["gpt-image-2.5-sunburst-2026-09-08", usage(30, 1000, 1756), 60_830_000n],
    ["gpt-image-2.6-flare", usage(30, 1000, 1756), 60_830_000n],
    ["gpt-image-2.6-sunburst", usage(30, 1000, 1756), 60_830_000n],
    ["chatgpt-image-latest", usage(25, 194, 272), 12_945_000n],
  ])("%s", (id, used, nanoUsd) => expect(charge(known(id), { usage: used })).toBe(nanoUsd));

  it("is for all pictures, however many", () => {
    expect(charge(known("gpt-image-1"), { usage: usage(25, 194, 272), images: 7 })).toBe(12_945_000n);
  });

  it("takes all output as images where no details are told", () => {
    const { output_tokens_details: _, ...without } = usage(25, 194, 272);
    expect(charge(known("gpt-image-1.5"), { usage: without })).toBe(10_381_000n);
  });

  it.each([
    // 15 at $5, 10 at $1.25, 94 at $10, 100 at $2.50, 272 at $40
    ["of both kinds", cachedUsage(110, { text_tokens: 10, image_tokens: 100 }), 12_157_500n],
    // 25 at $1.25, 109 at $10, 85 at $2.50: the text comes first
    ["in one number", cachedUsage(110), 12_213_750n],
    ["less than the text", cachedUsage(10), 12_907_500n],
    ["none", cachedUsage(0), 12_945_000n],
  ])("prices cached tokens as such, told %s", (_, used, nanoUsd) => {
    expect(charge(known("gpt-image-1"), { usage: used })).toBe(nanoUsd);
  });

  it("is exact beyond what a float holds", () => {
    expect(charge(known("gpt-image-1"), { usage: usage(9_007_199_254_740_991, 0, 0) })).toBe(
      45_035_996_273_704_955_000n,
    );
  });
});

describe("the charge by pictures, where no usage is told", () => {
  it.each<[string, number, number, Delivered["quality"], number, bigint]>([
    ["dall-e-2", 256, 256, "medium", 3, 48_000_000n],
    ["dall-e-2", 512, 512, "medium", 1, 18_000_000n],
    ["dall-e-2", 1024, 1024, "medium", 2, 40_000_000n],
    ["gpt-image-1", 1024, 1536, "high", 3, 750_000_000n],
    ["gpt-image-1-mini", 1024, 1024, "low", 10, 50_000_000n],
    ["gpt-image-1.5", 1024, 1024, "medium", 4, 136_000_000n],
    ["gpt-image-2", 1536, 1024, "high", 1, 164_640_000n],
  ])("%s %ix%i %s, %i of them", (id, width, height, quality, images, nanoUsd) => {
    expect(charge(known(id), { size: { width, height }, quality, images })).toBe(nanoUsd);
  });

  it.each<[string, Partial<Delivered>]>([
    ["dall-e-2", { size: { width: 1, height: 1 } }],
    ["gpt-image-2", { size: { width: 2048, height: 2048 } }],
    ["gpt-image-2.5-flare", {}],
    ["chatgpt-image-latest", {}],
  ])("of %s has no price: %j", (id, changes) => {
    expect(() => charge(known(id), changes)).toThrow("no price for a picture");
  });
});

describe("prices of a model's own", () => {
  const house: Model = {
    id: "house",
    family: "gpt-image-1",
    prices: {
      tokens: {
        textInput: "0.0005",
        cachedTextInput: "0.0001",
        imageInput: "0.0005",
        cachedImageInput: "0.0001",
        imageOutput: "0.0005",
      },
      pictures: "0.000001",
    },
  };

  it.each([
    [1, 1n], // 0.5 nano-dollars
    [2, 1n],
    [3, 2n],
  ])("%i tokens at half a nano-dollar are rounded half up, once", (tokens, nanoUsd) => {
    expect(charge(house, { usage: usage(0, 0, tokens) })).toBe(nanoUsd);
    expect(charge(house, { usage: usage(tokens - 1, 0, 1) })).toBe(nanoUsd);
  });

  it("take the place of the family's, for pictures too", () => {
    expect(charge(house, { images: 3, size: { width: 2000, height: 16 } })).toBe(3_000n);
  });
});

describe("rounding", () => {
  it.each([
    [4n, 10n, 0n],
    [5n, 10n, 1n],
    [14n, 10n, 1n],
    [15n, 10n, 2n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [6n, 3n, 2n],
  ])("%d / %d", (amount, divisor, rounded) => expect(roundedHalfUp(amount, divisor)).toBe(rounded));
});
