import fc from "fast-check";
import { PriceError, modelPricesFrom } from "./price-fields.js";

test("LiteLLM's fields, as numbers of JSON or texts of YAML", () => {
  expect(
    modelPricesFrom({
      input_cost_per_token: 5e-6,
      cache_read_input_token_cost: "1.25e-06",
      input_cost_per_image_token: " 0.000008 ",
      cache_read_input_image_token_cost: 0.000002,
      output_cost_per_image_token: 3e-5,
      output_cost_per_token: null,
      input_cost_per_pixel: 1.9e-8,
      output_cost_per_pixel: 0,
      output_cost_per_image: 0.04,
      estimate_ceiling_usd: 0.5,
      litellm_provider: "openai",
      mode: "image_generation",
    }),
  ).toEqual({
    tokens: {
      textInput: "0.000005",
      cachedTextInput: "1.25e-06",
      imageInput: "0.000008",
      cachedImageInput: "0.000002",
      imageOutput: "0.00003",
    },
    images: [{ usd: "0.04" }],
    usdPerPixel: "1.9e-8",
    estimateCeilingUsd: "0.5",
  });
});

test("no price is no entry, and zero is a price", () => {
  expect(modelPricesFrom({ mode: "image_generation", input_cost_per_token: undefined })).toEqual({});
  expect(modelPricesFrom({ input_cost_per_token: 0, input_cost_per_image: "0.0" })).toEqual({
    tokens: { textInput: "0" },
    images: [{ usd: "0.0" }],
  });
});

test("a returned image has LiteLLM's input price, unless there is one of output beside it", () => {
  expect(modelPricesFrom({ input_cost_per_image: 0.02 }).images).toEqual([{ usd: "0.02" }]);
  expect(modelPricesFrom({ input_cost_per_image: 0, output_cost_per_image: 0.008 }).images).toEqual([
    { usd: "0.008" },
  ]);
  expect(modelPricesFrom({ output_cost_per_pixel: 2e-9 }).usdPerPixel).toBe("2e-9");
});

test.each([
  ["input_cost_per_token", 5, "If that is the price of a million, write 5e-6"],
  ["output_cost_per_image_token", "2.5", "write 25e-7"],
  ["cache_read_input_token_cost", 0.010_01, "is 0.01001 US dollars for ONE token"],
  ["input_cost_per_pixel", "1e3", "is 1e3 US dollars for ONE pixel"],
])("%s of %p is the price of a million", (field, value, message) => {
  const read = () => modelPricesFrom({ [field]: value });
  expect(read).toThrow(PriceError);
  expect(read).toThrow(`${field} is`);
  expect(read).toThrow(message);
});

test("one cent a token and a hundred dollars an image are dear, but prices", () => {
  expect(modelPricesFrom({ input_cost_per_token: 0.01 }).tokens?.textInput).toBe("0.01");
  expect(modelPricesFrom({ output_cost_per_image: 100 }).images).toEqual([{ usd: "100" }]);
});

test.each([-1, "-0.5", Number.NaN, Number.POSITIVE_INFINITY, "free", "", "0,02", true, [], {}])(
  "%p is no price",
  (value) => {
    const fields = [
      "input_cost_per_token",
      "output_cost_per_image",
      "input_cost_per_pixel",
      "estimate_ceiling_usd",
    ];
    for (const field of fields) {
      const read = () => modelPricesFrom({ [field]: value });
      expect(read).toThrow(PriceError);
      expect(read).toThrow(`${field} must be a price in US dollars`);
    }
  },
);

test("a number of JSON is read as the decimal it was written as", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 7, max: 15 }), (digits, places) => {
      const written = `${digits}e-${places}`;
      const [price] = modelPricesFrom({ output_cost_per_image: JSON.parse(written) }).images ?? [];
      expect(Number(price?.usd)).toBe(Number(written));
      expect((price?.usd ?? "").replace(/e.*$|\D/g, "").replace(/^0+|0+$/g, "")).toBe(
        String(digits).replace(/0+$/, ""),
      );
    }),
  );
});
