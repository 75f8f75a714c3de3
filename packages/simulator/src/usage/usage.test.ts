import { knownModels } from "../models.js";
import type { Quality, ValidEdit } from "../validation/valid-edit.js";
import { imageTokens, textTokens } from "./input-tokens.js";
import { outputTokens } from "./output-tokens.js";
import { usageOf } from "./usage.js";

const square = { width: 1024, height: 1024 };
const portrait = { width: 1024, height: 1536 };
const landscape = { width: 1536, height: 1024 };

describe("text tokens", () => {
  it.each([
    ["a", 33],
    ["four", 33],
    ["fives", 34],
    ["😀😀😀😀", 33],
  ])("of %s", (prompt, tokens) => expect(textTokens(prompt)).toBe(tokens));
});

describe("image tokens of an input", () => {
  it.each([
    [square, false, 194],
    [{ width: 64, height: 64 }, false, 194],
    [{ width: 1024, height: 1025 }, false, 194],
    [{ width: 1024, height: 1027 }, false, 323],
    [portrait, false, 323],
    [landscape, false, 323],
    [{ width: 3000, height: 1000 }, false, 65 + 3 * 129],
    [square, true, 194 + 4160],
    [portrait, true, 323 + 6240],
  ])("%j, high fidelity: %s", (size, high, tokens) => expect(imageTokens(size, high)).toBe(tokens));
});

describe("image tokens of an output", () => {
  it.each([
    ["gpt-image-1", square, [272, 1056, 4160]],
    ["gpt-image-1.5", portrait, [408, 1584, 6240]],
    ["gpt-image-1-mini", landscape, [400, 1568, 6208]],
    ["gpt-image-2", square, [196, 1756, 7024]],
    ["gpt-image-2", portrait, [158, 1372, 5488]],
    ["gpt-image-2", landscape, [158, 1372, 5488]],
    ["gpt-image-2", { width: 3840, height: 2160 }, [371, 3336, 13342]],
  ] as const)("%s %j", (family, size, tokens) => {
    const ofQuality = (quality: Quality) =>
      outputTokens({ model: { id: "any", family }, size, quality, complexity: "high" });
    expect((["low", "medium", "high"] as const).map(ofQuality)).toEqual(tokens);
  });

  it.each([
    ["gpt-image-2.5", "high", [196, 1220, 4878, 9561, 15804]],
    ["gpt-image-2.6", "high", [196, 1220, 4878, 9561, 15804]],
    ["gpt-image-2.6", "medium", [147, 915, 3659, 7171, 11853]],
    ["gpt-image-2.6", "low", [98, 610, 2439, 4781, 7902]],
  ] as const)("%s of %s complexity, by this simulator's own choice", (family, complexity, tokens) => {
    const ofQuality = (quality: Quality) =>
      outputTokens({ model: { id: "any", family }, size: square, quality, complexity });
    expect((["low", "medium", "high", "xhigh", "max"] as const).map(ofQuality)).toEqual(tokens);
  });
});

describe("usage of an edit", () => {
  const input = { ...square, format: "png", hasAlpha: false, bytes: Buffer.alloc(0) } as const;
  const edit = (model: string, changes: Partial<ValidEdit> = {}): ValidEdit => {
    const known = knownModels.find(({ id }) => id === model);
    if (known === undefined) throw new Error(model);
    return {
      model: known,
      prompt: "x".repeat(100),
      user: undefined,
      count: 1,
      images: [input],
      mask: undefined,
      size: square,
      quality: "low",
      complexity: "high",
      background: "opaque",
      outputFormat: "png",
      outputCompression: 100,
      highFidelity: false,
      stream: false,
      partialImages: 0,
      answersWithUrls: false,
      ...changes,
    };
  };
  const total = (one: ValidEdit) => {
    const usage = usageOf(one)?.whole;
    if (usage === undefined) throw new Error("no usage");
    return usage;
  };

  it("adds text, images and output", () => {
    expect(total(edit("gpt-image-1"))).toEqual({
      total_tokens: 25 + 32 + 194 + 272,
      input_tokens: 25 + 32 + 194,
      output_tokens: 272,
      input_tokens_details: { text_tokens: 57, image_tokens: 194 },
      output_tokens_details: { image_tokens: 272, text_tokens: 0 },
    });
  });

  it("counts every input image once for all pictures of gpt-image-1", () => {
    const { input_tokens, output_tokens } = total(edit("gpt-image-1", { count: 3, images: [input, input] }));
    expect([input_tokens, output_tokens]).toEqual([57 + 2 * 194, 3 * 272]);
  });

  it.each(["gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst"])(
    "counts the inputs for every picture of %s",
    (model) => {
      const { input_tokens, output_tokens } = total(edit(model, { count: 3, highFidelity: true }));
      expect([input_tokens, output_tokens]).toEqual([3 * (57 + 194 + 4160), 3 * 196]);
    },
  );

  it("adds 100 for each partial image of each picture", () => {
    expect(total(edit("gpt-image-1", { count: 2, stream: true, partialImages: 3 })).output_tokens).toBe(
      2 * (272 + 300),
    );
  });

  it("is told of no picture of dall-e-2", () => expect(usageOf(edit("dall-e-2"))).toBeUndefined());
});
