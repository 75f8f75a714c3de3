import fc from "fast-check";
import { chargedTokens } from "./usage.js";

const totals = { input_tokens: 100, output_tokens: 50, total_tokens: 150 };
const nothing = {
  textInput: 0,
  cachedTextInput: 0,
  imageInput: 0,
  cachedImageInput: 0,
  imageOutput: 0,
  textOutput: 0,
};

describe("usage that cannot be priced", () => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "100 tokens"],
    ["a list", [100, 50, 150]],
    ["no fields", {}],
    ["no total", { input_tokens: 1, output_tokens: 1 }],
    ["only zeros", { input_tokens: 0, output_tokens: 0, total_tokens: 0 }],
    ["a negative count", { ...totals, output_tokens: -1 }],
    ["a fraction", { ...totals, input_tokens: 0.5 }],
    ["a count in quotes", { ...totals, input_tokens: "100" }],
  ])("%s", (_, usage) => {
    expect(chargedTokens(usage)).toBeNull();
  });
});

describe("details", () => {
  test("input without details is text, output without details is image", () => {
    expect(chargedTokens(totals)).toEqual({ ...nothing, textInput: 100, imageOutput: 50 });
  });

  test("what the details leave unexplained is text", () => {
    const usage = {
      ...totals,
      input_tokens_details: { image_tokens: 70 },
      output_tokens_details: { image_tokens: 40 },
    };
    expect(chargedTokens(usage)).toEqual({
      ...nothing,
      textInput: 30,
      imageInput: 70,
      imageOutput: 40,
      textOutput: 10,
    });
  });

  test("output details that are all zero are no details", () => {
    const usage = { ...totals, output_tokens_details: { image_tokens: 0, text_tokens: 0 } };
    expect(chargedTokens(usage)).toEqual({ ...nothing, textInput: 100, imageOutput: 50 });
  });

  test("details above their total are charged as they stand", () => {
    const usage = { ...totals, input_tokens_details: { text_tokens: 10, image_tokens: 200 } };
    expect(chargedTokens(usage)).toEqual({ ...nothing, textInput: 10, imageInput: 200, imageOutput: 50 });
  });

  test("details that are no counts are missing", () => {
    const usage = {
      ...totals,
      input_tokens_details: { text_tokens: "10", image_tokens: null },
      output_tokens_details: 7,
    };
    expect(chargedTokens(usage)).toEqual({ ...nothing, textInput: 100, imageOutput: 50 });
  });
});

describe("cached tokens", () => {
  test("are taken as the upstream splits them", () => {
    const usage = {
      ...totals,
      input_tokens_details: {
        text_tokens: 30,
        image_tokens: 70,
        cached_tokens: 50,
        cached_tokens_details: { text_tokens: 10, image_tokens: 40 },
      },
    };
    expect(chargedTokens(usage)).toEqual({
      textInput: 20,
      cachedTextInput: 10,
      imageInput: 30,
      cachedImageInput: 40,
      imageOutput: 50,
      textOutput: 0,
    });
  });

  test("never exceed the tokens there are", () => {
    const details = { text_tokens: 30, image_tokens: 70, cached_tokens: 1_000 };
    expect(chargedTokens({ ...totals, input_tokens_details: details })).toEqual({
      ...nothing,
      cachedTextInput: 30,
      cachedImageInput: 70,
      imageOutput: 50,
    });
  });
});

test("every token is charged, and only once, whatever the details say within their totals", () => {
  const count = fc.nat(10_000);
  fc.assert(
    fc.property(
      count,
      count,
      count,
      count,
      count,
      fc.boolean(),
      (text, image, rest, cached, output, split) => {
        const input = text + image + rest;
        fc.pre(input + output > 0);
        const tokens = chargedTokens({
          input_tokens: input,
          output_tokens: output,
          total_tokens: input + output,
          input_tokens_details: {
            text_tokens: text,
            image_tokens: image,
            ...(split ? { cached_tokens_details: { image_tokens: cached } } : { cached_tokens: cached }),
          },
        });
        expect(Object.values(tokens ?? {}).reduce((sum: number, part: number) => sum + part, 0)).toBe(
          input + output,
        );
        expect(Object.values(tokens ?? {}).every((part: number) => part >= 0)).toBe(true);
      },
    ),
  );
});
