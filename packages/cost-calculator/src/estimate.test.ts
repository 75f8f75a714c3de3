import fc from "fast-check";
import { usageOf } from "./cost.test.support.js";
import {
  type Breakdown,
  type EditEstimate,
  type InputImage,
  type ModelPrices,
  type PlannedEdit,
  type PriceTable,
  costOfEdit,
  estimateOfEdit,
  formatUsd,
  listPrices,
  missingEstimate,
  modelPricesFrom,
  mostTokensOfEdit,
  sumOfCosts,
  withOverrides,
} from "./index.js";

const square: InputImage = { width: 1024, height: 1024 };
const bare: PlannedEdit = { model: "gpt-image-1", promptBytes: 0, images: [square] };
const explicit: PlannedEdit = { ...bare, size: "1024x1024", quality: "low" };

function usdOf(estimate: EditEstimate | null): string | null {
  return estimate === null ? null : formatUsd(estimate.nanoUsd);
}

/** What is reckoned with, where every token costs a nano-dollar. */
function tokensOf(edit: PlannedEdit): Breakdown {
  const prices: PriceTable = new Map([[edit.model, { tokens: { textInput: "1e-9", imageOutput: "1e-9" } }]]);
  return estimateOfEdit(edit, prices)!.breakdown;
}

function outputTokensOf(edit: PlannedEdit): number {
  return Number(tokensOf(edit).outputImage);
}

function inputTokensOf(edit: PlannedEdit): number {
  return Number(tokensOf(edit).inputImage);
}

describe("an explicit edit", () => {
  test("is the published tokens, the prompt's bytes and the hidden text", () => {
    expect(estimateOfEdit({ ...explicit, promptBytes: 100 })).toEqual({
      nanoUsd: 164n * 5_000n + 194n * 10_000n + 272n * 40_000n,
      basis: "tokens",
      breakdown: {
        inputText: 164n * 5_000n,
        inputImage: 194n * 10_000n,
        cached: 0n,
        outputImage: 272n * 40_000n,
        outputText: 0n,
      },
    });
  });

  test("is tight: a real usage of 25 text, 194 image and 272 output tokens is met within three percent", () => {
    const cost = costOfEdit({ model: "gpt-image-1", images: 1, usage: usageOf(25, 194, 272) })!.nanoUsd;
    const { nanoUsd } = estimateOfEdit({ ...explicit, promptBytes: 25 })!;
    expect(nanoUsd >= cost && 100n * nanoUsd <= 103n * cost).toBe(true);
  });

  test("of gpt-image-1.5 allows for text that it writes, at the price of images: an answer may tell no details", () => {
    expect(estimateOfEdit({ ...explicit, model: "gpt-image-1.5" })?.breakdown.outputText).toBe(
      512n * 32_000n,
    );
  });

  test("covers the price of an image, which is charged when no usage comes", () => {
    const edit = { ...explicit, model: "gpt-image-1-mini", n: 3 };
    // 272 tokens at $8 a million are $0.002.
    expect(estimateOfEdit(edit)).toMatchObject({ nanoUsd: 15_000_000n, basis: "images" });
    expect(costOfEdit({ ...edit, images: 3 })?.nanoUsd).toBe(15_000_000n);
  });

  test("costs n times as much for n images, inputs included", () => {
    const one = estimateOfEdit(explicit)!.nanoUsd;
    expect(estimateOfEdit({ ...explicit, n: 4 })?.nanoUsd).toBe(4n * one);
  });

  test("bills 100 tokens for a partial image, of a stream only", () => {
    const plain = outputTokensOf(explicit);
    expect(outputTokensOf({ ...explicit, stream: true, partialImages: 3 })).toBe(plain + 300);
    expect(outputTokensOf({ ...explicit, stream: true, partialImages: 3, n: 2 })).toBe(2 * (plain + 300));
    expect(outputTokensOf({ ...explicit, stream: false, partialImages: 3 })).toBe(plain);
    expect(outputTokensOf({ ...explicit, stream: true })).toBe(plain);
  });

  test("is rounded up for each image, since each picture of a stream is billed for itself", () => {
    const prices: PriceTable = new Map([
      ["dall-e-2", { images: [{ usd: "0.0000000011" }] }],
      ["gpt-image-1", { tokens: { textInput: "0", imageInput: "0", imageOutput: "1.001e-9" } }],
    ]);
    expect(estimateOfEdit({ ...bare, model: "dall-e-2", n: 3 }, prices)?.nanoUsd).toBe(6n);
    expect(estimateOfEdit(explicit, prices)?.nanoUsd).toBe(273n);
  });
});

describe("output tokens", () => {
  const table: [string, string, number][] = [
    ["1024x1024", "low", 272],
    ["1024x1024", "medium", 1056],
    ["1024x1024", "high", 4160],
    ["1024x1536", "low", 408],
    ["1024x1536", "medium", 1584],
    ["1024x1536", "high", 6240],
    ["1536x1024", "low", 400],
    ["1536x1024", "medium", 1568],
    ["1536x1024", "high", 6208],
  ];
  const generation = ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"];

  test.each(generation.flatMap((model) => table.map((row) => [model, ...row] as const)))(
    "%s %s %s: %i",
    (model, size, quality, tokens) => {
      expect(outputTokensOf({ ...bare, model, size, quality })).toBe(tokens);
    },
  );

  test.each([
    ["1024x1024", "low", 196],
    ["1024x1024", "medium", 1756],
    ["1024x1024", "high", 7024],
    ["1536x1024", "low", 158],
    ["1024x1536", "medium", 1372],
    ["1536x1024", "high", 5488],
    ["1792x1024", "high", 5063],
    ["3584x2048", "high", 12_329],
    ["3840x2160", "low", 371],
    ["2160x3840", "medium", 3336],
    ["3840x2160", "high", 13_342],
  ])("gpt-image-2 %s %s: %i, as published", (size, quality, tokens) => {
    expect(outputTokensOf({ ...bare, model: "gpt-image-2-2026-04-21", size, quality })).toBe(tokens);
  });

  test.each<[string, PlannedEdit, number]>([
    ["quality absent", { ...bare, size: "1024x1024" }, 4160],
    ["quality auto", { ...bare, size: "1024x1024", quality: "auto" }, 4160],
    ["quality standard", { ...bare, size: "1024x1024", quality: "standard" }, 4160],
    ["size absent", { ...bare, quality: "low" }, 408],
    ["size auto", { ...bare, size: "auto", quality: "medium" }, 1584],
    ["both absent", bare, 6240],
    ["gpt-image-2, both absent", { ...bare, model: "gpt-image-2" }, 7024],
  ])("what is open is the most it may become (%s)", (_, edit, tokens) => {
    expect(outputTokensOf(edit)).toBe(tokens);
  });
});

describe("input tokens", () => {
  const wide: InputImage = { width: 1536, height: 1024 };
  test.each<[string, Partial<PlannedEdit>, number]>([
    ["a square", {}, 194],
    ["a tiny square", { images: [{ width: 1, height: 1 }] }, 194],
    ["a landscape", { images: [wide] }, 323],
    ["a portrait of 1:3", { images: [{ width: 480, height: 1440 }] }, 452],
    ["a near-square", { images: [{ width: 1024, height: 1025 }] }, 323],
    ["several", { images: [square, wide, square] }, 194 + 323 + 194],
    ["a square at high fidelity", { inputFidelity: "high" }, 194 + 4160],
    ["a landscape at high fidelity", { images: [wide], inputFidelity: "high" }, 323 + 6240],
    ["at low fidelity", { inputFidelity: "low" }, 194],
    ["at a fidelity nobody knows", { inputFidelity: "higher" }, 194 + 4160],
    ["one nobody can measure", { images: ["unknown"] }, 65 + 129 * 16],
    ["with a mask", { mask: square }, 194 + 194],
    ["with a mask at high fidelity", { mask: square, inputFidelity: "high" }, 194 + 4160 + 194],
    ["gpt-image-2: always high", { model: "gpt-image-2" }, 194 + 4160],
    ["gpt-image-2 with a mask", { model: "gpt-image-2", mask: square }, 194 + 4160 + 1536],
  ])("%s", (_, change, tokens) => {
    expect(inputTokensOf({ ...explicit, ...change })).toBe(tokens);
  });

  test.each([
    [0, 0],
    [0, 100],
    [Number.NaN, 1],
    [-3, 1],
  ])("a header that claims %d by %d is an image nobody can measure", (width, height) => {
    expect(inputTokensOf({ ...explicit, images: [{ width, height }] })).toBe(65 + 129 * 16);
  });

  test("a header that claims four billion pixels by one is reckoned as it says", () => {
    const images = [{ width: 2 ** 32 - 1, height: 1 }];
    expect(inputTokensOf({ ...explicit, images })).toBe(65 + 129 * (2 ** 32 - 1));
  });
});

describe("hidden text", () => {
  test.each<[number, Partial<PlannedEdit>]>([
    [64, {}],
    [64, { images: [] }],
    [192, { images: [square, square], mask: square }],
    [64 + 32_000, { promptBytes: 32_000 }],
  ])("%i tokens", (tokens, change) => {
    expect(estimateOfEdit({ ...explicit, ...change })?.breakdown.inputText).toBe(BigInt(tokens) * 5_000n);
  });
});

describe("by images", () => {
  test.each<[Partial<PlannedEdit>, string]>([
    [{ size: "256x256" }, "0.016"],
    [{ size: "512x512", n: 10 }, "0.18"],
    [{}, "0.02"],
    [{ quality: "standard", n: 2 }, "0.04"],
  ])("dall-e-2 %j", (change, expected) => {
    const estimate = estimateOfEdit({ ...bare, model: "dall-e-2", ...change });
    expect(usdOf(estimate)).toBe(expected);
    expect(estimate?.basis).toBe("images");
    expect(estimate?.breakdown.outputImage).toBe(estimate?.nanoUsd);
  });

  test("prices of a deployment for images hold for its estimates", () => {
    const prices = withOverrides(
      listPrices.get("gpt-image-1"),
      modelPricesFrom({ output_cost_per_image: 0.03 }),
    );
    expect(usdOf(estimateOfEdit({ ...bare, n: 2 }, new Map([["gpt-image-1", prices]])))).toBe("0.06");
  });
});

test("a price of an image beside prices of text tokens bounds the edit: it is all that is ever charged", () => {
  const prices: PriceTable = new Map([
    ["house-model", modelPricesFrom({ input_cost_per_token: 5e-6, output_cost_per_image: 0.04 })],
  ]);
  expect(estimateOfEdit({ ...bare, model: "house-model", n: 2 }, prices)).toMatchObject({
    nanoUsd: 80_000_000n,
    basis: "images",
  });
});

test("input may be cached, even where that costs more", () => {
  const tokens = { textInput: "1e-9", cachedTextInput: "3e-9", imageInput: "1e-9", imageOutput: "0" };
  const prices: PriceTable = new Map([["gpt-image-1", { tokens }]]);
  expect(estimateOfEdit(explicit, prices)?.breakdown).toMatchObject({
    inputText: 64n * 3n,
    inputImage: 194n * 3n,
  });
});

describe("by ceiling", () => {
  const prices: PriceTable = new Map([
    ["house-model", modelPricesFrom({ input_cost_per_token: 5e-6, estimate_ceiling_usd: "0.35" })],
    ["ceiling-only", { estimateCeilingUsd: "0.1" }],
  ]);

  test.each(["gpt-image-2.5-flare", "gpt-image-2.6-sunburst-2026-11-04", "azure/gpt-image-2.5-sunburst"])(
    "%s has one for each image",
    (model) => {
      const estimate = estimateOfEdit({ ...explicit, model, n: 2 });
      expect(usdOf(estimate)).toBe("4");
      expect(estimate).toMatchObject({ basis: "ceiling", breakdown: { outputImage: 4_000_000_000n } });
    },
  );

  test.each<[PlannedEdit, string]>([
    [{ ...bare, model: "house-model", n: 3 }, "1.05"],
    [{ ...bare, model: "ceiling-only" }, "0.1"],
  ])("$model", (edit, expected) => {
    expect(usdOf(estimateOfEdit(edit, prices))).toBe(expected);
    expect(missingEstimate(edit, prices)).toBeNull();
  });

  test.each([
    { ...bare, size: "2048x2048" },
    { ...bare, quality: "ultra" },
    { ...bare, model: "gpt-image-2", size: "0x0" },
    { ...bare, model: "gpt-image-2", quality: "max" },
  ])("a size or quality the model is not known for: %j", (edit) => {
    expect(estimateOfEdit(edit)?.basis).toBe("ceiling");
  });

  test("the listed ceilings are above the dearest edit that OpenAI takes", () => {
    const dearest: Partial<PlannedEdit> = {
      promptBytes: 32_000,
      images: Array.from({ length: 16 }, (): InputImage => "unknown"),
      mask: { width: 1024, height: 1024 },
      inputFidelity: "high",
      stream: true,
      partialImages: 3,
    };
    const models = ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"];
    const edits = models.map((model) => ({ ...bare, ...dearest, model }));
    const largest = { ...bare, ...dearest, model: "gpt-image-2", size: "2880x2880" };
    for (const edit of [...edits, largest]) {
      const estimate = estimateOfEdit(edit)!;
      const ceiling = estimateOfEdit({ ...edit, quality: "no such" })!;
      expect([estimate.basis, ceiling.basis]).toEqual(["tokens", "ceiling"]);
      expect(ceiling.nanoUsd >= estimate.nanoUsd).toBe(true);
      expect(5n * ceiling.nanoUsd <= 6n * estimate.nanoUsd).toBe(true);
    }
  });
});

describe("no bound known", () => {
  const prices: PriceTable = new Map([
    ["house-model", { tokens: { textInput: "5e-6", imageOutput: "4e-5" } }],
    ["gpt-image-1", { tokens: { imageOutput: "4e-5" } }],
    ["gpt-image-2", { tokens: { textInput: "5e-6", imageOutput: "4e-5" } }],
    ["dall-e-2", { images: [{ usd: "0.02", size: "512x512" }] }],
  ]);

  test.each<[PlannedEdit, string]>([
    [{ ...bare, model: "gpt-image-9" }, "the model has no prices"],
    [{ ...bare, model: "house-model" }, "it is not known how many tokens the model counts"],
    [bare, "the model has no price for some of the tokens"],
    [
      { ...bare, model: "gpt-image-2", quality: "ultra" },
      'it is not known how many tokens an image of size auto and quality "ultra" has',
    ],
    [{ ...bare, model: "dall-e-2", size: "9x9" }, 'an image of size "9x9" and quality auto has no price'],
  ])("%j", (edit, reason) => {
    expect(estimateOfEdit(edit, prices)).toBeNull();
    expect(missingEstimate(edit, prices)).toEqual({
      model: edit.model,
      reason,
      setting: "estimate_ceiling_usd",
    });
  });
});

test("a model that is free by its prices costs nothing, however it counts", () => {
  const prices: PriceTable = new Map([
    ["house-model", modelPricesFrom({ input_cost_per_token: 0, output_cost_per_token: 0 })],
  ]);
  expect(estimateOfEdit({ ...bare, model: "house-model" }, prices)).toMatchObject({
    nanoUsd: 0n,
    basis: "tokens",
  });
});

test.each([Number.NaN, 0, -1, 2.5])("n of %d may become ten images, partial images of it three", (n) => {
  expect(outputTokensOf({ ...explicit, n })).toBe(10 * 272);
  const partialImages = n === 0 ? -2 : n;
  expect(outputTokensOf({ ...explicit, stream: true, partialImages })).toBe(272 + 300);
});

test.each([-1, 0.5, Number.NaN])("%p bytes of prompt are a mistake of the caller", (promptBytes) => {
  expect(() => estimateOfEdit({ ...bare, promptBytes })).toThrow(RangeError);
});

describe("for any edit", () => {
  /** Tokens as OpenAI's documents count them, written here a second time and by other means. */
  const outputs: Record<string, readonly number[]> = {
    "1024x1024": [272, 1056, 4160],
    "1024x1536": [408, 1584, 6240],
    "1536x1024": [400, 1568, 6208],
  };
  const secondOutputs: Record<string, readonly number[]> = {
    "1024x1024": [196, 1756, 7024],
    "1024x1536": [158, 1372, 5488],
    "1536x1024": [158, 1372, 5488],
  };
  const qualities = ["low", "medium", "high"];
  const model = fc.constantFrom(
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-1.5",
    "gpt-image-2",
    "azure/gpt-image-1",
    "gpt-image-2-2026-04-21",
    "chatgpt-image-latest",
  );
  const side = fc.integer({ min: 1, max: 20_000 });
  const edit = fc.record({
    model,
    size: fc.constantFrom(...Object.keys(outputs)),
    quality: fc.nat(2),
    n: fc.integer({ min: 1, max: 10 }),
    stream: fc.boolean(),
    partialImages: fc.nat(3),
    fidelity: fc.constantFrom("low", "high"),
    prompt: fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }),
    images: fc.array(fc.record({ width: side, height: side }), { minLength: 1, maxLength: 16 }),
    inputsTimesN: fc.boolean(),
    written: fc.nat(512),
    isSizeGiven: fc.boolean(),
    isQualityGiven: fc.boolean(),
    hasMask: fc.boolean(),
    /** What the answer says of its usage, its size and its quality. */
    told: fc.constantFrom("details", "totals", "incomplete", "nothing"),
    isSizeTold: fc.boolean(),
    cachedShare: fc.constantFrom(0, 0.3, 1),
  });

  function tilesOf({ width, height }: { width: number; height: number }): number {
    const scale = 512 / Math.min(width, height);
    return Math.ceil(Math.floor(width * scale) / 512) * Math.ceil(Math.floor(height * scale) / 512);
  }

  test("the estimate is never below what the edit then costs, whatever was left open", () => {
    fc.assert(
      fc.property(edit, (made) => {
        const isSecond = made.model.startsWith("gpt-image-2");
        const partials = made.stream ? made.partialImages : 0;
        const highFidelity = isSecond || made.fidelity === "high";
        const times = isSecond || made.inputsTimesN ? made.n : 1;
        const text = Math.ceil(made.prompt.length / 4) + 45 * made.images.length;
        const image = made.images.reduce((sum, one) => {
          const tiles = tilesOf(one);
          return sum + 65 + 129 * tiles + (highFidelity ? (tiles === 1 ? 4160 : 6240) : 0);
        }, 0);
        const output = (isSecond ? secondOutputs : outputs)[made.size]![made.quality]! + 100 * partials;
        const written = made.model === "gpt-image-1.5" ? made.written : 0;
        const named = {
          size: made.isSizeGiven ? made.size : "auto",
          quality: made.isQualityGiven ? qualities[made.quality] : undefined,
        };
        const found = made.isSizeTold ? { size: made.size, quality: qualities[made.quality] } : named;

        /** The usage of some pictures, with the input of some. */
        const usage = (pictures: number, inputs: number) => {
          if (made.told === "nothing") return undefined;
          if (made.told === "incomplete") return { input_tokens: inputs * (text + image) };
          const whole = usageOf(inputs * text, inputs * image, pictures * (output + written), {
            image_tokens: pictures * output,
            text_tokens: pictures * written,
          });
          const { input_tokens_details: _input, output_tokens_details: _output, ...totals } = whole;
          if (made.told === "totals") return totals;
          const cached = Math.floor(made.cachedShare * whole.input_tokens);
          return { ...whole, input_tokens_details: { ...whole.input_tokens_details, cached_tokens: cached } };
        };
        const costOfPictures = (pictures: number, inputs: number) =>
          costOfEdit({ model: made.model, ...found, images: pictures, usage: usage(pictures, inputs) });
        const inputsOf = (index: number) => (times > 1 || index === 0 ? 1 : 0);
        const cost = made.stream
          ? sumOfCosts(Array.from({ length: made.n }, (_, index) => costOfPictures(1, inputsOf(index))))
          : costOfPictures(made.n, times);
        const estimate = estimateOfEdit({
          model: made.model,
          ...named,
          n: made.n,
          stream: made.stream,
          partialImages: made.partialImages,
          inputFidelity: made.fidelity,
          promptBytes: Buffer.byteLength(made.prompt),
          images: made.images,
          mask: made.hasMask ? made.images[0] : undefined,
        });
        // Its images have no price.
        if (cost === null) expect(made.model).toBe("chatgpt-image-latest");
        else expect(estimate!.nanoUsd >= cost.nanoUsd).toBe(true);
        const parts = Object.values(estimate!.breakdown) as bigint[];
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(estimate!.nanoUsd);
      }),
      { numRuns: 1000 },
    );
  });

  test("the estimate is never below the prices of images, whatever list of them there is", () => {
    const sizes = [undefined, "1024x1024", "1024x1536", "512x512"];
    const usd = fc.nat(30).map((tenths) => `${tenths}e-10`);
    const listed = fc
      .tuple(usd, fc.constantFrom(...sizes), fc.constantFrom(undefined, ...qualities))
      .map(([price, size, quality]) => ({ usd: price, ...(size && { size }), ...(quality && { quality }) }));
    const prices: fc.Arbitrary<ModelPrices> = fc.record(
      {
        images: fc.array(listed, { minLength: 1, maxLength: 6 }),
        usdPerPixel: fc.constantFrom("1e-15", "1e-12"),
      },
      { requiredKeys: [] },
    );
    const size = fc.constantFrom("1024x1024", "1024x1536", "1536x1024");
    fc.assert(
      fc.property(
        prices,
        size,
        fc.nat(2),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        (made, resolvedSize, quality, isSizeNamed, isQualityNamed, n, stream) => {
          const table: PriceTable = new Map([["house-model", made]]);
          const named = {
            model: "house-model",
            size: isSizeNamed ? resolvedSize : undefined,
            quality: isQualityNamed ? qualities[quality] : "auto",
          };
          const estimate = estimateOfEdit({ ...bare, ...named, n, stream }, table);
          const found = { model: "house-model", size: resolvedSize, quality: qualities[quality] };
          for (const answer of [found, named]) {
            const cost = stream
              ? sumOfCosts(Array.from({ length: n }, () => costOfEdit({ ...answer, images: 1 }, table)))
              : costOfEdit({ ...answer, images: n }, table);
            expect(cost === null || (estimate !== null && estimate.nanoUsd >= cost.nanoUsd)).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("the most tokens", () => {
  test("are those of the input and of every image, n times", () => {
    expect(mostTokensOfEdit({ ...explicit, promptBytes: 100 })).toBe(164 + 194 + 272);
    expect(mostTokensOfEdit({ ...explicit, n: 3 })).toBe(3 * (64 + 194 + 272));
    expect(mostTokensOfEdit({ ...explicit, model: "gpt-image-1.5" })).toBe(64 + 194 + 272 + 512);
    expect(mostTokensOfEdit({ ...explicit, stream: true, partialImages: 2 })).toBe(64 + 194 + 272 + 200);
  });

  test("need no price, and are not known of every model", () => {
    expect(mostTokensOfEdit({ ...explicit, model: "gpt-image-2.5-flare" })).toBeUndefined();
    expect(mostTokensOfEdit({ ...explicit, quality: "ultra" })).toBeUndefined();
    expect(mostTokensOfEdit({ ...explicit, model: "dall-e-2" })).toBeUndefined();
  });
});
