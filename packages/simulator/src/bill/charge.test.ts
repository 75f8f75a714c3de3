import type { Family } from "../models.js";
import type { Usage } from "../usage/usage.js";
import { chargeNanoUsd, roundedHalfUp } from "./charge.js";

const size = { width: 1024, height: 1024 };

function usage(text: number, image: number, imageOut: number, textOut = 0): Usage {
  return {
    total_tokens: text + image + imageOut + textOut,
    input_tokens: text + image,
    output_tokens: imageOut + textOut,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens_details: { image_tokens: imageOut, text_tokens: textOut },
  };
}

describe("the charge of a model priced by tokens", () => {
  it.each<[Family, Usage, bigint]>([
    ["gpt-image-1", usage(25, 194, 272), 12_945_000n],
    ["gpt-image-1-mini", usage(25, 194, 272), 2_711_000n],
    ["gpt-image-1.5", usage(25, 194, 272), 10_381_000n],
    ["gpt-image-1.5", usage(25, 194, 252, 20), 9_941_000n],
    ["gpt-image-2", usage(30, 1000, 1756), 60_830_000n],
    ["chatgpt-image-latest", usage(25, 194, 272), 12_945_000n],
  ])("%s", (family, used, nanoUsd) => {
    expect(chargeNanoUsd({ family, size, images: 1, usage: used })).toBe(nanoUsd);
  });

  it("is exact beyond what a float holds", () => {
    const used = usage(9_007_199_254_740_991, 0, 0);
    expect(chargeNanoUsd({ family: "gpt-image-1", size, images: 1, usage: used })).toBe(
      45_035_996_273_704_955_000n,
    );
  });

  it("cannot be told without usage", () => {
    expect(() => chargeNanoUsd({ family: "gpt-image-1", size, images: 1, usage: undefined })).toThrow(
      "usage",
    );
  });
});

describe("the charge of dall-e-2", () => {
  it.each([
    [256, 3, 48_000_000n],
    [512, 1, 18_000_000n],
    [1024, 2, 40_000_000n],
  ])("%i pixels wide, %i pictures", (side, images, nanoUsd) => {
    const charge = chargeNanoUsd({
      family: "dall-e-2",
      size: { width: side, height: side },
      images,
      usage: undefined,
    });
    expect(charge).toBe(nanoUsd);
  });

  it("has no price for other sizes", () => {
    expect(() =>
      chargeNanoUsd({ family: "dall-e-2", size: { width: 1, height: 1 }, images: 1, usage: undefined }),
    ).toThrow();
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
