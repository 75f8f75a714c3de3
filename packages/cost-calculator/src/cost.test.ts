import fc from "fast-check";
import {
  type FinishedEdit,
  type PriceTable,
  type TokenPrices,
  costOfEdit,
  formatUsd,
  listPrices,
} from "./index.js";

function usd(edit: FinishedEdit, prices?: PriceTable): string | null {
  const cost = costOfEdit(edit, prices);
  return cost === null ? null : formatUsd(cost.nanoUsd);
}

function usageOf(text: number, image: number, output: number, outputDetails?: object) {
  return {
    input_tokens: text + image,
    output_tokens: output,
    total_tokens: text + image + output,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    ...(outputDetails !== undefined && { output_tokens_details: outputDetails }),
  };
}

describe("list prices, by usage", () => {
  const observed = usageOf(25, 194, 272);
  const larger = usageOf(30, 1000, 1756);

  test.each([
    ["gpt-image-1", observed, "0.012945"],
    ["gpt-image-1-mini", observed, "0.002711"],
    ["gpt-image-1.5", observed, "0.010381"],
    ["gpt-image-1.5", usageOf(25, 194, 272, { image_tokens: 252, text_tokens: 20 }), "0.009941"],
    ["gpt-image-2", larger, "0.06083"],
    ["gpt-image-2.5-flare", larger, "0.06083"],
    ["gpt-image-2.5-sunburst", larger, "0.06083"],
    ["gpt-image-2.6-flare", larger, "0.06083"],
    ["gpt-image-2.6-sunburst", larger, "0.06083"],
    ["chatgpt-image-latest", observed, "0.012945"],
    ["gpt-image-2-2026-04-21", larger, "0.06083"],
    ["gpt-image-1.5-2025-12-16", observed, "0.010381"],
    ["openai/gpt-image-1", observed, "0.012945"],
    ["openai/gpt-image-2-2026-04-21", larger, "0.06083"],
  ])("%s", (model, usage, expected) => {
    expect(usd({ model, images: 1, usage })).toBe(expected);
    expect(costOfEdit({ model, images: 1, usage })?.basis).toBe("usage");
  });

  test("usage covers all images: their number changes nothing", () => {
    expect(usd({ model: "gpt-image-1", images: 4, usage: observed })).toBe("0.012945");
  });

  test("text output without a price of its own costs as much as image output", () => {
    const usage = usageOf(25, 194, 272, { image_tokens: 252, text_tokens: 20 });
    expect(usd({ model: "gpt-image-1", images: 1, usage })).toBe("0.012945");
  });
});

describe("list prices, by images", () => {
  test.each<[FinishedEdit, string]>([
    [{ model: "dall-e-2", size: "1024x1024", images: 2 }, "0.04"],
    [{ model: "dall-e-2", size: "256x256", images: 3 }, "0.048"],
    [{ model: "dall-e-2", size: "512x512", quality: "standard", images: 1 }, "0.018"],
    [{ model: "gpt-image-1", size: "1024x1536", quality: "high", images: 3 }, "0.75"],
    [{ model: "gpt-image-1.5", size: "1024x1024", quality: "medium", images: 4 }, "0.136"],
    [{ model: "openai/gpt-image-1.5-2025-12-16", size: "1024x1024", quality: "low", images: 1 }, "0.009"],
    [{ model: "gpt-image-2", size: "1536x1024", quality: "high", images: 1 }, "0.16464"],
  ])("%j", (edit, expected) => {
    expect(usd(edit)).toBe(expected);
    expect(costOfEdit(edit)?.basis).toBe("images");
  });

  test.each<[string, FinishedEdit, string]>([
    ["size absent", { model: "dall-e-2", images: 1 }, "0.02"],
    ["quality absent", { model: "gpt-image-1", size: "1024x1024", images: 1 }, "0.167"],
    ["quality auto", { model: "gpt-image-1", size: "1024x1024", quality: "auto", images: 1 }, "0.167"],
    ["size auto", { model: "gpt-image-1", size: "auto", quality: "medium", images: 1 }, "0.063"],
    ["both absent", { model: "gpt-image-1", images: 2 }, "0.5"],
    ["both absent, the square is dearest", { model: "gpt-image-2", images: 1 }, "0.21072"],
  ])("nobody resolved it (%s): the dearest that fits", (_, edit, expected) => {
    expect(usd(edit)).toBe(expected);
  });

  test("usage that is incomplete or all zero does not make an image free", () => {
    const edit = { model: "gpt-image-1", size: "1024x1024", quality: "low", images: 1 };
    for (const usage of [{}, null, usageOf(0, 0, 0), { input_tokens: 5, output_tokens: 5 }]) {
      expect(costOfEdit({ ...edit, usage })).toEqual({ nanoUsd: 11_000_000n, basis: "images" });
    }
  });

  test("a model without prices for tokens is priced by its images, usage or not", () => {
    expect(usd({ model: "dall-e-2", size: "1024x1024", images: 1, usage: usageOf(1, 1, 1) })).toBe("0.02");
  });
});

describe("no price known", () => {
  test.each<[string, FinishedEdit]>([
    ["an unknown model", { model: "gpt-image-9", images: 1, usage: usageOf(1, 1, 1) }],
    ["a name every object has", { model: "constructor", images: 1 }],
    ["another provider", { model: "azure/gpt-image-1", images: 1 }],
    ["no usage and no price for images", { model: "gpt-image-2.6-flare", images: 1 }],
    ["a size without a price", { model: "gpt-image-1", size: "2048x2048", quality: "high", images: 1 }],
    ["a quality without a price", { model: "gpt-image-1", size: "1024x1024", quality: "ultra", images: 1 }],
  ])("%s", (_, edit) => {
    expect(costOfEdit(edit)).toBeNull();
  });

  test("is not the same as a price of zero", () => {
    const free: PriceTable = new Map([["house-model", { tokens: { textInput: "0", imageOutput: "0.0" } }]]);
    const edit = { model: "house-model", images: 1, usage: usageOf(10, 10, 10) };
    expect(costOfEdit(edit, free)).toEqual({ nanoUsd: 0n, basis: "usage" });
  });
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
  "%p images is a mistake of the caller",
  (images) => {
    expect(() => costOfEdit({ model: "dall-e-2", images })).toThrow(RangeError);
  },
);

describe("LiteLLM's vectors", () => {
  function tableOf(tokens: TokenPrices): PriceTable {
    return new Map([["priced", { tokens }]]);
  }
  const plain = tableOf({ textInput: "5e-6", imageInput: "8e-6", textOutput: "7e-6", imageOutput: "3e-5" });
  const withCache = tableOf({
    textInput: "5e-06",
    cachedTextInput: "1.25e-06",
    imageInput: "8e-06",
    cachedImageInput: "2e-06",
    textOutput: "1e-05",
    imageOutput: "3e-05",
  });
  const cachedUsage = (text: number, image: number, cached: number, output: number) => ({
    ...usageOf(text, image, output),
    input_tokens_details: { text_tokens: text, image_tokens: image, cached_tokens: cached },
  });

  test.each([
    ["V1, output all image", plain, usageOf(19, 512, 158, { image_tokens: 158, text_tokens: 0 }), "0.008931"],
    ["V1, the rest of the output is text", plain, usageOf(19, 512, 158, { image_tokens: 100 }), "0.007597"],
    ["V1, no output details", plain, usageOf(19, 512, 158), "0.008931"],
    ["V2, no details", plain, { input_tokens: 1, output_tokens: 1, total_tokens: 2 }, "0.000035"],
    ["V3", withCache, usageOf(510, 1452, 5488), "0.178806"],
    ["V4, cached text", withCache, cachedUsage(200, 0, 160, 600), "0.0184"],
    ["V5, cached text first, then images", withCache, cachedUsage(10, 1452, 300, 5488), "0.1745285"],
  ])("%s", (_, prices, usage, expected) => {
    expect(usd({ model: "priced", images: 1, usage }, prices)).toBe(expected);
  });

  test("V2, usage that is not complete is not priced by tokens", () => {
    for (const usage of [{}, usageOf(0, 0, 0), { input_tokens: 1, output_tokens: 1 }]) {
      expect(costOfEdit({ model: "priced", images: 1, usage }, plain)).toBeNull();
    }
  });

  test.each([
    ["1024x1024", 2, "0.039845888"],
    ["512x512", 1, "0.017983078"],
    ["256x256", 3, "0.047999877"],
  ])("dall-e-2 by the price map's pixels, %s, n=%i", (size, images, expected) => {
    const byPixels: PriceTable = new Map([
      [
        "dall-e-2",
        {
          images: [
            { size: "1024x1024", usd: "0.019922944" },
            { size: "512x512", usd: "0.0179830784" },
            { size: "256x256", usd: "0.01599995904" },
          ],
        },
      ],
    ]);
    expect(usd({ model: "dall-e-2", size, images }, byPixels)).toBe(expected);
  });
});

describe("for any usage", () => {
  const count = fc.nat(10_000_000);
  const model = fc.constantFrom(
    ...[...listPrices].filter(([, { tokens }]) => tokens !== undefined).map(([name]) => name),
  );

  test("a further token never costs less", () => {
    fc.assert(
      fc.property(model, count, count, count, (name, text, image, output) => {
        const cost = (more: number) =>
          costOfEdit({ model: name, images: 1, usage: usageOf(text + more, image, output + 1) })?.nanoUsd ??
          -1n;
        expect(cost(1) >= cost(0)).toBe(true);
      }),
    );
  });

  test("the amount is rounded once: list prices per million are whole nano-dollars per token, so none is lost", () => {
    fc.assert(
      fc.property(count, count, count, (text, image, output) => {
        const cost = costOfEdit({ model: "gpt-image-1", images: 1, usage: usageOf(text, image, output + 1) });
        const expected = BigInt(text) * 5_000n + BigInt(image) * 10_000n + BigInt(output + 1) * 40_000n;
        expect(cost?.nanoUsd).toBe(expected);
      }),
    );
  });

  test("half a nano-dollar is rounded up, and only in the total", () => {
    const half: PriceTable = new Map([["half", { tokens: { textInput: "5e-10", imageOutput: "5e-10" } }]]);
    fc.assert(
      fc.property(count, count, (text, output) => {
        const cost = costOfEdit({ model: "half", images: 1, usage: usageOf(text, 0, output + 1) }, half);
        expect(cost?.nanoUsd).toBe((BigInt(text) + BigInt(output + 1) + 1n) / 2n);
      }),
    );
  });
});

test("every list price says where and when it was read", () => {
  for (const { tokens, images = [] } of listPrices.values()) {
    for (const price of [...(tokens === undefined ? [] : [tokens]), ...images]) {
      expect(price.source?.from).toMatch(/\S/);
      expect(price.source?.date).toMatch(/^2026-\d\d(-\d\d)?$/);
    }
  }
});
