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

/** Where something stands in the file: names of fields, indexes of lists. */
type Path = readonly (string | number)[];

/**
 * Reads a price list. An entry is what one source says of one model; the entries of a model are put together.
 *
 * @throws PriceError naming the place, when something is missing, misspelt, given twice or no price: a price list is
 * written by hand, and a slip in it must not pass for a model without prices.
 */
export function readPriceList(value: unknown): PriceList {
  if (!isJsonObject(value) || typeof value["version"] !== "string" || !Array.isArray(value["entries"])) {
    throw new PriceError([], 'A price list is an object with "version" (a string) and "entries" (a list)');
  }
  refuseUnknown(value, ["$schema", "version", "entries"], []);
  const prices = new Map<string, ModelPrices>();
  for (const [index, entry] of (value["entries"] as unknown[]).entries()) {
    const path = ["entries", index];
    const fields = objectAt(entry, entryFields, path);
    const provider = textIn(fields, "provider", path);
    const model = textIn(fields, "model", path);
    const name = provider === "openai" ? model : `${provider}/${model}`;
    const known = prices.get(name);
    const more = readEntry(fields, path);
    refuseTwice(name, known, more, path);
    prices.set(name, together(known, more));
  }
  return { version: value["version"], prices };
}

function readEntry(entry: JsonObject, path: Path): ModelPrices {
  const source: PriceSource = {
    from: textIn(entry, "source", path),
    date: textIn(entry, "date", path),
    ...(entry["doubt"] !== undefined && { doubt: textIn(entry, "doubt", path) }),
  };
  const tokens = entry["usd_per_million_tokens"];
  const images = entry["usd_per_image"];
  const usdPerPixel = decimalIn(entry, "usd_per_pixel", path);
  const estimateCeilingUsd = decimalIn(entry, "estimate_ceiling_usd", path);
  if (usdPerPixel !== undefined) refuseTooDear(usdPerPixel, "pixel", "one pixel", [...path, "usd_per_pixel"]);
  return {
    ...(tokens !== undefined && { tokens: tokenPrices(tokens, source, [...path, "usd_per_million_tokens"]) }),
    ...(images !== undefined && { images: imagePrices(images, source, [...path, "usd_per_image"]) }),
    ...(usdPerPixel !== undefined && { usdPerPixel }),
    ...(estimateCeilingUsd !== undefined && { estimateCeilingUsd }),
  };
}

function tokenPrices(value: unknown, source: PriceSource, path: Path): TokenPrices {
  const fields = objectAt(value, Object.keys(tokenFields), path);
  const prices: { -readonly [Kind in keyof TokenPrices]: TokenPrices[Kind] } = { source };
  for (const [field, kind] of Object.entries(tokenFields)) {
    const perMillion = decimalIn(fields, field, path);
    if (perMillion === undefined) continue;
    const perToken = `${perMillion}e-6`;
    refuseTooDear(perToken, "token", "a million tokens", [...path, field]);
    prices[kind] = perToken;
  }
  return prices;
}

function imagePrices(value: unknown, source: PriceSource, path: Path): readonly ImagePrice[] {
  if (!Array.isArray(value)) throw new PriceError(path, `${named(path)} must be a list`);
  return value.map((image: unknown, index) => {
    const place = [...path, index];
    const fields = objectAt(image, ["usd", "size", "quality"], place);
    const usd = decimalIn(fields, "usd", place);
    if (usd === undefined) throw new PriceError(place, `${named(place)} must have usd`);
    return {
      usd,
      ...(fields["size"] !== undefined && { size: textIn(fields, "size", place) }),
      ...(fields["quality"] !== undefined && { quality: textIn(fields, "quality", place) }),
      source,
    };
  });
}

function refuseTwice(model: string, known: ModelPrices | undefined, more: ModelPrices, path: Path): void {
  const priceFields = {
    usd_per_million_tokens: "tokens",
    usd_per_pixel: "usdPerPixel",
    estimate_ceiling_usd: "estimateCeilingUsd",
  } as const;
  for (const [field, kind] of Object.entries(priceFields)) {
    if (known?.[kind] === undefined || more[kind] === undefined) continue;
    throw new PriceError([...path, field], `${named([...path, field])} is there for ${model} already`);
  }
  const seen = new Set(known?.images?.map(choices));
  for (const [index, image] of (more.images ?? []).entries()) {
    const place = [...path, "usd_per_image", index];
    if (seen.has(choices(image))) {
      throw new PriceError(place, `${named(place)}: this size and quality is there for ${model} already`);
    }
    seen.add(choices(image));
  }
}

function choices({ size = "", quality = "" }: ImagePrice): string {
  return `${quality}/${size}`;
}

/** @param priced what the price in the list is for */
function refuseTooDear(usd: string, unit: string, priced: string, path: Path): void {
  if (!isTooDear(usd)) return;
  const message = `${named(path)} is more than $0.01 for ONE ${unit}, which no model costs: it is the price of ${priced}`;
  throw new PriceError(path, message);
}

function objectAt(value: unknown, known: readonly string[], path: Path): JsonObject {
  if (!isJsonObject(value)) throw new PriceError(path, `${named(path)} must be an object`);
  refuseUnknown(value, known, path);
  return value;
}

function refuseUnknown(fields: JsonObject, known: readonly string[], path: Path): void {
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  const place = [...path, unknown];
  throw new PriceError(place, `${named(place)} is an unknown field; known are ${known.join(", ")}`);
}

function textIn(fields: JsonObject, field: string, path: Path): string {
  const value = fields[field];
  if (typeof value === "string" && value.trim() !== "") return value;
  const place = [...path, field];
  throw new PriceError(place, `${named(place)} must be a text that is not empty`);
}

/** Plain decimals, as price pages have them, so that a power of ten can be put behind. */
function decimalIn(fields: JsonObject, field: string, path: Path): string | undefined {
  const value = fields[field];
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return value;
  const place = [...path, field];
  const found = JSON.stringify(value);
  throw new PriceError(
    place,
    `${named(place)} must be a decimal number in quotes, such as "0.02", not ${found}`,
  );
}

/** `entries[0].model` */
function named(path: Path): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .slice(1);
}
