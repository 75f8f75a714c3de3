import fc from "fast-check";
import { usageOf, usd } from "./cost.test.support.js";
import {
  type EditCost,
  type FinishedEdit,
  type PriceTable,
  costOfEdit,
  listPrices,
  sumOfCosts,
} from "./index.js";

const observed = usageOf(25, 194, 272);
const noParts = { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 0n, outputText: 0n };

describe("by usage", () => {
  test.each([
    ["gpt-image-2-2026-04-21", "0.009837"],
    ["gpt-image-1.5-2025-12-16", "0.010381"],
    ["openai/gpt-image-1", "0.012945"],
    ["openai/gpt-image-2-2026-04-21", "0.009837"],
    ["azure/gpt-image-1", "0.012945"],
    ["azure/gpt-image-1.5-2025-12-16", "0.010381"],
  ])("%s is known by its family", (model, expected) => {
    expect(usd({ model, images: 1, usage: observed })).toBe(expected);
  });

  test("a breakdown says what was paid for", () => {
    const usage = {
      input_tokens: 100,
      output_tokens: 60,
      total_tokens: 160,
      input_tokens_details: { text_tokens: 30, image_tokens: 70, cached_tokens: 40 },
      output_tokens_details: { image_tokens: 50, text_tokens: 10 },
    };
    expect(costOfEdit({ model: "gpt-image-1.5", images: 1, usage })).toEqual({
      nanoUsd: 2_237_500n,
      basis: "usage",
      breakdown: {
        inputText: 0n,
        inputImage: 60n * 8_000n,
        cached: 30n * 1_250n + 10n * 2_000n,
        outputImage: 50n * 32_000n,
        outputText: 10n * 10_000n,
      },
    });
  });

  test("usage covers all images: their number changes nothing", () => {
    expect(usd({ model: "gpt-image-1", images: 4, usage: observed })).toBe("0.012945");
  });

  test("text output without a price of its own costs as much as image output", () => {
    const usage = usageOf(25, 194, 272, { image_tokens: 252, text_tokens: 20 });
    expect(usd({ model: "gpt-image-1", images: 1, usage })).toBe("0.012945");
  });

  test("the only price of output is the price of all output", () => {
    const prices: PriceTable = new Map([
      ["house-model", { tokens: { textInput: "5e-6", textOutput: "4e-5" } }],
    ]);
    expect(usd({ model: "house-model", images: 1, usage: usageOf(100, 0, 100) }, prices)).toBe("0.0045");
  });

  test("unless images have a price: then it is the whole cost, whatever the tokens", () => {
    const prices: PriceTable = new Map([
      ["house-model", { tokens: { textInput: "5e-6", textOutput: "4e-5" }, images: [{ usd: "0.1" }] }],
    ]);
    for (const usage of [usageOf(100, 0, 100), usageOf(100, 0, 0)]) {
      const cost = costOfEdit({ model: "house-model", images: 2, usage }, prices);
      expect(cost).toMatchObject({ nanoUsd: 200_000_000n, basis: "images" });
    }
  });
});

describe("by images", () => {
  test.each<[FinishedEdit, string]>([
    [{ model: "dall-e-2", size: "256x256", images: 3 }, "0.048"],
    [{ model: "dall-e-2", size: "512x512", quality: "standard", images: 1 }, "0.018"],
    [{ model: "openai/gpt-image-1.5-2025-12-16", size: "1024x1024", quality: "low", images: 1 }, "0.009"],
    [{ model: "gpt-image-2", size: "1536x1024", quality: "high", images: 1 }, "0.16464"],
  ])("%j", (edit, expected) => {
    expect(usd(edit)).toBe(expected);
    expect(costOfEdit(edit)?.basis).toBe("images");
  });

  test("the whole cost is output", () => {
    expect(costOfEdit({ model: "dall-e-2", size: "256x256", images: 3 })?.breakdown).toEqual({
      ...noParts,
      outputImage: 48_000_000n,
    });
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
    for (const usage of [{}, null, "many", usageOf(0, 0, 0), { input_tokens: 5, output_tokens: 5 }]) {
      expect(costOfEdit({ ...edit, usage })).toMatchObject({ nanoUsd: 11_000_000n, basis: "images" });
    }
  });

  test("a model without prices for tokens is priced by its images, usage or not", () => {
    expect(usd({ model: "dall-e-2", size: "1024x1024", images: 1, usage: usageOf(1, 1, 1) })).toBe("0.02");
  });

  test("the most particular price holds: size and quality, size, model, pixels", () => {
    const prices: PriceTable = new Map([
      [
        "house-model",
        {
          images: [
            { usd: "0.9" },
            { usd: "0.3", size: "512x512" },
            { usd: "0.2", size: "256x256", quality: "low" },
            { usd: "0.4", size: "256x256", quality: "high" },
          ],
        },
      ],
      ["pixel-model", { usdPerPixel: "1e-8" }],
      ["mixed-model", { usdPerPixel: "1e-7", images: [{ usd: "0.01", size: "512x512", quality: "low" }] }],
    ]);
    const price = (model: string, size: string, quality?: string) =>
      usd({ model, size, quality, images: 1 }, prices);
    expect(price("house-model", "256x256", "low")).toBe("0.2");
    expect(price("house-model", "256x256", "auto")).toBe("0.4");
    expect(price("house-model", "256x256", "ultra")).toBeNull();
    expect(price("house-model", "512x512", "ultra")).toBe("0.3");
    expect(price("house-model", "64x64")).toBe("0.9");
    expect(price("house-model", "auto")).toBe("0.9");
    expect(price("pixel-model", "100x100")).toBe("0.0001");
    expect(price("pixel-model", "auto")).toBe("0.01572864");
    expect(price("pixel-model", "large")).toBeNull();
    expect(price("mixed-model", "512x512", "low")).toBe("0.01");
    expect(price("mixed-model", "512x512", "high")).toBe("0.0262144");
    expect(price("mixed-model", "auto", "low")).toBe("0.1572864");
  });
});

describe("no price known", () => {
  test.each<[string, FinishedEdit]>([
    ["an unknown model", { model: "gpt-image-9", images: 1, usage: usageOf(1, 1, 1) }],
    ["a name every object has", { model: "constructor", images: 1 }],
    ["another provider", { model: "fal_ai/gpt-image-1", images: 1 }],
    ["no usage and no price for images", { model: "gpt-image-2.6-flare", images: 1 }],
    ["a size without a price", { model: "gpt-image-1", size: "2048x2048", quality: "high", images: 1 }],
    ["a quality without a price", { model: "gpt-image-1", size: "1024x1024", quality: "ultra", images: 1 }],
  ])("%s", (_, edit) => {
    expect(costOfEdit(edit)).toBeNull();
  });

  test("of some of the tokens that were used", () => {
    const prices: PriceTable = new Map([["house-model", { tokens: { imageOutput: "4e-5" } }]]);
    expect(costOfEdit({ model: "house-model", images: 1, usage: observed }, prices)).toBeNull();
    expect(usd({ model: "house-model", images: 1, usage: usageOf(0, 0, 100) }, prices)).toBe("0.004");
  });

  test("is not the same as a price of zero", () => {
    const free: PriceTable = new Map([["house-model", { tokens: { textInput: "0", imageOutput: "0.0" } }]]);
    const edit = { model: "house-model", images: 1, usage: usageOf(10, 10, 10) };
    expect(costOfEdit(edit, free)).toEqual({ nanoUsd: 0n, basis: "usage", breakdown: noParts });
  });
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
  "%p images is a mistake of the caller",
  (images) => {
    expect(() => costOfEdit({ model: "dall-e-2", images })).toThrow(RangeError);
  },
);

test("a price that is no number is a mistake in the table", () => {
  const prices: PriceTable = new Map([["house-model", { images: [{ usd: "two cents" }] }]]);
  expect(() => costOfEdit({ model: "house-model", images: 1 }, prices)).toThrow('"two cents" is not a price');
});

describe("an edit answered in parts", () => {
  const first = costOfEdit({ model: "gpt-image-1", images: 1, usage: observed });
  const second = costOfEdit({ model: "gpt-image-1", images: 1, usage: usageOf(0, 0, 272) });
  const byImages = costOfEdit({ model: "dall-e-2", size: "256x256", images: 1 });

  test("costs the sum of its parts, by total and by breakdown", () => {
    expect(sumOfCosts([first, second])).toEqual({
      nanoUsd: 12_945_000n + 10_880_000n,
      basis: "usage",
      breakdown: {
        inputText: 125_000n,
        inputImage: 1_940_000n,
        cached: 0n,
        outputImage: 2n * 10_880_000n,
        outputText: 0n,
      },
    });
    expect(sumOfCosts([first])).toEqual(first);
  });

  test("has its parts rounded one by one: two of half a nano-dollar are two, one answer of both is one", () => {
    const prices: PriceTable = new Map([["house-model", { images: [{ usd: "5e-10" }] }]]);
    const part = costOfEdit({ model: "house-model", images: 1 }, prices);
    expect(sumOfCosts([part, part])?.nanoUsd).toBe(2n);
    expect(costOfEdit({ model: "house-model", images: 2 }, prices)?.nanoUsd).toBe(1n);
  });

  test("is by images as soon as one part is", () => {
    expect(sumOfCosts([first, byImages])?.basis).toBe("images");
    expect(sumOfCosts([byImages, first])?.basis).toBe("images");
  });

  test("has no known cost as soon as one part has none", () => {
    expect(sumOfCosts([first, null, second])).toBeNull();
    expect(sumOfCosts([])).toBeNull();
  });
});

describe("for any usage", () => {
  const count = fc.nat(10_000_000);
  const model = fc.constantFrom(
    ...[...listPrices].filter(([, { tokens }]) => tokens !== undefined).map(([name]) => name),
  );
  const oddPrices: PriceTable = new Map([
    [
      "odd-model",
      {
        tokens: {
          textInput: "1.23456789e-7",
          cachedTextInput: "1e-10",
          imageInput: "3.3333e-9",
          imageOutput: "7.77e-13",
          textOutput: "5e-10",
        },
      },
    ],
  ]);
  const cost: fc.Arbitrary<EditCost> = fc
    .tuple(model, count, count, count)
    .map(([name, text, image, output]) => {
      const found = costOfEdit({ model: name, images: 1, usage: usageOf(text, image, output + 1) });
      if (found === null) throw new Error(`${name} has no price`);
      return found;
    });

  test("a further token never costs less", () => {
    fc.assert(
      fc.property(model, count, count, count, (name, text, image, output) => {
        const costWith = (more: number) =>
          costOfEdit({ model: name, images: 1, usage: usageOf(text + more, image, output + 1) })?.nanoUsd ??
          -1n;
        expect(costWith(1) >= costWith(0)).toBe(true);
      }),
    );
  });

  test("the parts of the breakdown sum to the total, however odd the prices", () => {
    fc.assert(
      fc.property(count, count, count, count, count, (text, image, cached, output, written) => {
        const usage = {
          input_tokens: text + image,
          output_tokens: output + written,
          total_tokens: text + image + output + written + 1,
          input_tokens_details: { text_tokens: text, image_tokens: image, cached_tokens: cached },
          output_tokens_details: { image_tokens: output, text_tokens: written },
        };
        const found = costOfEdit({ model: "odd-model", images: 1, usage }, oddPrices);
        const parts = Object.values(found?.breakdown ?? {}) as bigint[];
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(found?.nanoUsd);
        expect(parts.every((part) => part >= 0n)).toBe(true);
      }),
    );
  });

  test("the amount is rounded once: list prices per million are whole nano-dollars per token, so none is lost", () => {
    fc.assert(
      fc.property(count, count, count, (text, image, output) => {
        const found = costOfEdit({
          model: "gpt-image-1",
          images: 1,
          usage: usageOf(text, image, output + 1),
        });
        const expected = BigInt(text) * 5_000n + BigInt(image) * 10_000n + BigInt(output + 1) * 40_000n;
        expect(found?.nanoUsd).toBe(expected);
      }),
    );
  });

  test("half a nano-dollar is rounded up, and only in the total", () => {
    const half: PriceTable = new Map([["half", { tokens: { textInput: "5e-10", imageOutput: "5e-10" } }]]);
    fc.assert(
      fc.property(count, count, (text, output) => {
        const found = costOfEdit({ model: "half", images: 1, usage: usageOf(text, 0, output + 1) }, half);
        expect(found?.nanoUsd).toBe((BigInt(text) + BigInt(output + 1) + 1n) / 2n);
      }),
    );
  });

  test("a million sums do not drift, and their order does not matter", () => {
    const [costs = []] = fc.sample(fc.array(cost, { minLength: 1000, maxLength: 1000 }), 1);
    const million = Array.from({ length: 1000 }, () => costs).flat();
    const sum = sumOfCosts(million);
    expect(sum?.nanoUsd).toBe(1000n * costs.reduce((total, { nanoUsd }) => total + nanoUsd, 0n));
    const parts = Object.values(sum?.breakdown ?? {}) as bigint[];
    expect(parts.reduce((total, part) => total + part, 0n)).toBe(sum?.nanoUsd);
    expect(sumOfCosts(million.toReversed())).toEqual(sum);
  });

  test("sums do not depend on their order", () => {
    fc.assert(
      fc.property(fc.array(cost, { minLength: 1 }), (costs) => {
        expect(sumOfCosts(costs.toReversed())).toEqual(sumOfCosts(costs));
      }),
    );
  });
});
