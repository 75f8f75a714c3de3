import type { JsonObject } from "../json-object.js";
import { atScale, parsePrice } from "../money.js";
import type { ImagePrice, ModelPrices, TokenPrices } from "./price-table.js";

/** Something in a file of prices that cannot be meant as it is written. */
export class PriceError extends RangeError {
  override readonly name = "PriceError";

  /** @param path where it stands in the value that was read: names of fields, indexes of lists */
  constructor(
    readonly path: readonly (string | number)[],
    message: string,
  ) {
    super(message);
  }
}

/** Ten thousand dollars a million: who writes more for one token or pixel means a million of them. */
const dearestUnit = parsePrice("0.01");

const tokenFields = {
  input_cost_per_token: "textInput",
  cache_read_input_token_cost: "cachedTextInput",
  input_cost_per_image_token: "imageInput",
  cache_read_input_image_token_cost: "cachedImageInput",
  output_cost_per_image_token: "imageOutput",
  output_cost_per_token: "textOutput",
} as const satisfies Record<string, keyof TokenPrices>;

/**
 * Prices from LiteLLM's fields, as they stand in its price map and in a deployment's `litellm_params` or `model_info`:
 * `input_cost_per_token` and `output_cost_per_token` (text), `input_cost_per_image_token`,
 * `output_cost_per_image_token`, `cache_read_input_token_cost`, `cache_read_input_image_token_cost`,
 * `output_cost_per_image`, `input_cost_per_image`, `input_cost_per_pixel`, `output_cost_per_pixel`; and
 * `estimate_ceiling_usd`, which is Darkroom's own. Numbers or decimal strings, in US dollars; null is absent.
 *
 * `input_cost_per_image` is the price of a returned image, as LiteLLM takes it, unless `output_cost_per_image` stands
 * beside it. `output_cost_per_pixel` counts only where `input_cost_per_pixel` is absent.
 *
 * @returns an empty object when none of the fields is there.
 * @throws PriceError naming the field, when a price is no decimal number of at least 0, or one token or pixel costs
 * more than $0.01.
 */
export function modelPricesFrom(fields: JsonObject): ModelPrices {
  const tokens: { -readonly [Kind in keyof TokenPrices]: TokenPrices[Kind] } = {};
  for (const [field, kind] of Object.entries(tokenFields)) {
    const price = unitPriceIn(fields, field, "token");
    if (price !== undefined) tokens[kind] = price;
  }
  const images = imagePricesIn(fields);
  const usdPerPixel =
    unitPriceIn(fields, "input_cost_per_pixel", "pixel") ??
    unitPriceIn(fields, "output_cost_per_pixel", "pixel");
  const estimateCeilingUsd = priceIn(fields, "estimate_ceiling_usd");
  return {
    ...(Object.keys(tokens).length > 0 && { tokens }),
    ...(images !== undefined && { images }),
    ...(usdPerPixel !== undefined && { usdPerPixel }),
    ...(estimateCeilingUsd !== undefined && { estimateCeilingUsd }),
  };
}

function imagePricesIn(fields: JsonObject): readonly ImagePrice[] | undefined {
  const usd = priceIn(fields, "output_cost_per_image") ?? priceIn(fields, "input_cost_per_image");
  return usd === undefined ? undefined : [{ usd }];
}

function unitPriceIn(fields: JsonObject, field: string, unit: "token" | "pixel"): string | undefined {
  const text = priceIn(fields, field);
  if (text === undefined || !isTooDear(text)) return text;
  const { coefficient, scale } = parsePrice(text);
  throw new PriceError(
    [field],
    `${field} is ${text} US dollars for ONE ${unit}, which no model costs. ` +
      `If that is the price of a million, write ${coefficient}e-${scale + 6}`,
  );
}

/** Whether one token or pixel of this price, in US dollars, costs more than $0.01. */
export function isTooDear(usd: string): boolean {
  const price = parsePrice(usd);
  const scale = Math.max(price.scale, dearestUnit.scale);
  return atScale(price, scale) > atScale(dearestUnit, scale);
}

/**
 * The price in a field, as the decimal text it was written as. A number of JSON has become a float by now, but its
 * shortest text is the one that was written: 1.9e-08 comes back as "1.9e-8".
 *
 * @throws PriceError when the field is there, but is no decimal number of at least 0.
 */
function priceIn(fields: JsonObject, field: string): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string") {
    try {
      parsePrice(text);
      return text.trim();
    } catch {
      // said below, with the name of the field
    }
  }
  const found = typeof value === "object" ? "an object" : JSON.stringify(text);
  throw new PriceError(
    [field],
    `${field} must be a price in US dollars such as 0.02 or "1.9e-08", not ${found}`,
  );
}
