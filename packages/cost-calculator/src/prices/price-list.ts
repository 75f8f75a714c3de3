import { type JsonObject, isJsonObject } from "../json-object.js";
import { PriceError, isTooDear } from "./price-fields.js";
import {
  type ImagePrice,
  type ModelPrices,
  type PriceSource,
  type PriceTable,
  type TokenPrices,
  together,
} from "./price-table.js";

/** Prices in Darkroom's own format, `prices.schema.json`. */
export interface PriceList {
  readonly version: string;
  readonly prices: PriceTable;
}

const tokenFields = {
  text_input: "textInput",
  cached_text_input: "cachedTextInput",
  image_input: "imageInput",
  cached_image_input: "cachedImageInput",
  image_output: "imageOutput",
  text_output: "textOutput",
} as const satisfies Record<string, keyof TokenPrices>;

const entryFields = [
  "model",
  "provider",
  "usd_per_million_tokens",
  "usd_per_image",
  "usd_per_pixel",
  "estimate_ceiling_usd",
  "source",
  "date",
  "doubt",
];

/** Whether a parsed JSON value is meant as a price list, well made or not. */
export function isPriceList(value: unknown): boolean {
  return isJsonObject(value) && Array.isArray(value["entries"]);
}

/**
 * Reads a price list. An entry is what one source says of one model; the entries of a model are put together.
 *
 * @throws TypeError or PriceError naming the entry and the field, when something is missing, misspelt, given twice or
 * no price: a price list is written by hand, and a slip in it must not pass for a model without prices.
 */
export function readPriceList(value: unknown): PriceList {
  if (!isJsonObject(value) || typeof value["version"] !== "string" || !Array.isArray(value["entries"])) {
    throw new TypeError('A price list is an object with "version" (a string) and "entries" (a list)');
  }
  refuseUnknown(value, ["$schema", "version", "entries"], "the price list");
  const prices = new Map<string, ModelPrices>();
  for (const [index, entry] of (value["entries"] as unknown[]).entries()) {
    const where = `entry ${index + 1}`;
    if (!isJsonObject(entry)) throw new TypeError(`${where} must be an object`);
    const provider = textIn(entry, "provider", where);
    const model = textIn(entry, "model", where);
    const name = provider === "openai" ? model : `${provider}/${model}`;
    const known = prices.get(name);
    const more = readEntry(entry, `${where} (${name})`);
    refuseTwice(known, more, `${where} (${name})`);
    prices.set(name, together(known, more));
  }
  return { version: value["version"], prices };
}

function readEntry(entry: JsonObject, where: string): ModelPrices {
  refuseUnknown(entry, entryFields, where);
  const source: PriceSource = {
    from: textIn(entry, "source", where),
    date: textIn(entry, "date", where),
    ...(entry["doubt"] !== undefined && { doubt: textIn(entry, "doubt", where) }),
  };
  const tokens = entry["usd_per_million_tokens"];
  const images = entry["usd_per_image"];
  const usdPerPixel = decimalIn(entry, "usd_per_pixel", where);
  const estimateCeilingUsd = decimalIn(entry, "estimate_ceiling_usd", where);
  return {
    ...(tokens !== undefined && { tokens: tokenPrices(tokens, source, where) }),
    ...(images !== undefined && { images: imagePrices(images, source, where) }),
    ...(usdPerPixel !== undefined && { usdPerPixel }),
    ...(estimateCeilingUsd !== undefined && { estimateCeilingUsd }),
  };
}

function tokenPrices(value: unknown, source: PriceSource, where: string): TokenPrices {
  if (!isJsonObject(value)) throw new TypeError(`usd_per_million_tokens of ${where} must be an object`);
  refuseUnknown(value, Object.keys(tokenFields), `usd_per_million_tokens of ${where}`);
  const prices: { -readonly [Kind in keyof TokenPrices]: TokenPrices[Kind] } = { source };
  for (const [field, kind] of Object.entries(tokenFields)) {
    const perMillion = decimalIn(value, field, where);
    if (perMillion === undefined) continue;
    const perToken = `${perMillion}e-6`;
    if (isTooDear(perToken)) {
      throw new PriceError(
        field,
        `${field} of ${where} is ${perMillion} US dollars a million, which no model costs`,
      );
    }
    prices[kind] = perToken;
  }
  return prices;
}

function imagePrices(value: unknown, source: PriceSource, where: string): readonly ImagePrice[] {
  if (!Array.isArray(value)) throw new TypeError(`usd_per_image of ${where} must be a list`);
  return value.map((image: unknown) => {
    if (!isJsonObject(image)) throw new TypeError(`usd_per_image of ${where} must be a list of objects`);
    refuseUnknown(image, ["usd", "size", "quality"], `usd_per_image of ${where}`);
    const usd = decimalIn(image, "usd", where);
    if (usd === undefined) throw new TypeError(`usd_per_image of ${where} must have usd in every object`);
    return {
      usd,
      ...(image["size"] !== undefined && { size: textIn(image, "size", where) }),
      ...(image["quality"] !== undefined && { quality: textIn(image, "quality", where) }),
      source,
    };
  });
}

function refuseTwice(known: ModelPrices | undefined, more: ModelPrices, where: string): void {
  for (const field of ["tokens", "usdPerPixel", "estimateCeilingUsd"] as const) {
    if (known?.[field] !== undefined && more[field] !== undefined) {
      throw new TypeError(`${where} gives ${field} a second time`);
    }
  }
}

function refuseUnknown(fields: JsonObject, known: readonly string[], where: string): void {
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw new TypeError(`${where} has an unknown field "${unknown}"; known are ${known.join(", ")}`);
  }
}

function textIn(fields: JsonObject, field: string, where: string): string {
  const value = fields[field];
  if (typeof value !== "string" || value.trim() === "") {
    throw new TypeError(`${field} of ${where} must be a text that is not empty`);
  }
  return value;
}

/** Plain decimals, as price pages have them, so that a power of ten can be put behind. */
function decimalIn(fields: JsonObject, field: string, where: string): string | undefined {
  const value = fields[field];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !/^\d+(\.\d+)?$/.test(value)) {
    throw new PriceError(
      field,
      `${field} of ${where} must be a decimal number in quotes, such as "0.02", not ${JSON.stringify(value)}`,
    );
  }
  return value;
}
