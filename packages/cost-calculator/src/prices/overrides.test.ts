import {
  type ModelPrices,
  type TokenPrices,
  listPrices,
  pricesOf,
  withOverrides,
  withPrices,
} from "../index.js";

const listed: ModelPrices = {
  tokens: {
    textInput: "5e-6",
    imageInput: "8e-6",
    imageOutput: "3e-5",
    source: { from: "a page", date: "2026-11" },
  },
  images: [{ usd: "0.2", quality: "high" }],
  estimateCeilingUsd: "2",
};

test("some prices of tokens replace those, and the source no longer vouches for them", () => {
  expect(withOverrides(listed, { tokens: { imageOutput: "2e-5" } })).toEqual({
    tokens: { textInput: "5e-6", imageInput: "8e-6", imageOutput: "2e-5" },
    images: listed.images,
    estimateCeilingUsd: "2",
  });
});

test("a price of input takes the listed one of cached input with it, unless it brings its own", () => {
  const tokens = { textInput: "5e-6", cachedTextInput: "1e-6", imageInput: "8e-6", cachedImageInput: "2e-6" };
  const overridden = (by: TokenPrices) => withOverrides({ tokens }, { tokens: by }).tokens;
  expect(overridden({ textInput: "0" })).toEqual({
    textInput: "0",
    imageInput: "8e-6",
    cachedImageInput: "2e-6",
  });
  expect(overridden({ imageInput: "9e-6", cachedImageInput: "3e-6" })).toEqual({
    ...tokens,
    imageInput: "9e-6",
    cachedImageInput: "3e-6",
  });
});

test("a price of images alone wants images counted, not tokens", () => {
  expect(withOverrides(listed, { images: [{ usd: "0.05" }] })).toEqual({
    images: [{ usd: "0.05" }],
    estimateCeilingUsd: "2",
  });
  expect(withOverrides(listed, { usdPerPixel: "1e-8" })).toEqual({
    usdPerPixel: "1e-8",
    estimateCeilingUsd: "2",
  });
});

test("prices of both hold both", () => {
  expect(withOverrides(listed, { images: [{ usd: "0.05" }], tokens: { textInput: "1e-6" } })).toEqual({
    tokens: { textInput: "1e-6", imageInput: "8e-6", imageOutput: "3e-5" },
    images: [{ usd: "0.05" }],
    estimateCeilingUsd: "2",
  });
});

test("a ceiling changes no price, and nothing changes nothing", () => {
  expect(withOverrides(listed, { estimateCeilingUsd: "0.5" })).toEqual({
    ...listed,
    estimateCeilingUsd: "0.5",
  });
  expect(withOverrides(listed, {})).toEqual(listed);
  expect(withOverrides(undefined, { images: [{ usd: "1" }] })).toEqual({ images: [{ usd: "1" }] });
});

test("a table over another: new models are added, known ones overridden, a snapshot begins as its family", () => {
  const table = withPrices(
    listPrices,
    new Map([
      ["house-model", { images: [{ usd: "0.05" }] }],
      ["gpt-image-2-2026-04-21", { tokens: { imageOutput: "2e-5" } }],
    ]),
  );
  expect(pricesOf("house-model", table)).toEqual({ images: [{ usd: "0.05" }] });
  expect(pricesOf("openai/gpt-image-2-2026-04-21", table)?.tokens).toMatchObject({
    textInput: "5e-6",
    imageOutput: "2e-5",
  });
  expect(pricesOf("gpt-image-2", table)).toBe(listPrices.get("gpt-image-2"));
  expect(listPrices.has("house-model")).toBe(false);
});
