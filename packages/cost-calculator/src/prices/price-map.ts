import { type JsonObject, isJsonObject } from "../json-object.js";
import { parsePrice } from "../money.js";
import { PriceError, modelPricesFrom } from "./price-fields.js";
import { type ImagePrice, type ModelPrices, type PriceTable, together } from "./price-table.js";

/** An entry of a price file that was left out, and why. */
export interface SkippedEntry {
  readonly name: string;
  readonly reason: string;
  /** The field whose price cannot be meant; `undefined` where the entry just has no price. */
  readonly mistake: string | undefined;
}

export interface ImportedPrices {
  readonly prices: PriceTable;
  readonly skipped: readonly SkippedEntry[];
}

/** `azure/high/1024-x-1024/gpt-image-1`: what stands before the size, width, height, model. */
const sizedKey = /^(?:(.+)\/)?(\d+)-x-(\d+)\/(.+)$/;

/** What a key says of its entry. */
interface Key {
  readonly model: string;
  readonly size?: string;
  readonly pixels?: number;
  readonly quality?: string;
}

/**
 * Imports LiteLLM's price map (`model_prices_and_context_window.json`, parsed), or a part of it. `sample_spec` and
 * entries of another `mode` than images are passed over; an entry that cannot be used is listed with the reason, so that
 * one bad entry in a file of thousands harms no other model.
 *
 * Keys: `<model>`, `<size>/<model>`, `<quality>/<size>/<model>`, each with the provider before it or after the quality;
 * `openai/` is left away. A price per pixel of a size becomes the price of an image of that size.
 *
 * @throws PriceError when the value is no object.
 */
export function importPriceMap(value: unknown): ImportedPrices {
  if (!isJsonObject(value)) throw new PriceError([], "A price map is an object of entries by model name");
  const prices = new Map<string, ModelPrices>();
  const skipped: SkippedEntry[] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (name === "sample_spec" || (isJsonObject(entry) && !isOfImages(entry))) continue;
    try {
      const key = keyOf(name, entry);
      prices.set(key.model, together(prices.get(key.model), pricesIn(entry, key)));
    } catch (error) {
      if (!(error instanceof UnusableError || error instanceof PriceError)) throw error;
      const mistake = error instanceof PriceError ? String(error.path[0]) : undefined;
      skipped.push({ name, reason: error.message, mistake });
    }
  }
  for (const [model, found] of prices) prices.set(model, withoutStandIns(found));
  return { prices, skipped };
}

class UnusableError extends Error {}

function isOfImages({ mode }: JsonObject): boolean {
  return mode === undefined || mode === null || mode === "image_generation" || mode === "image_edit";
}

function keyOf(name: string, entry: unknown): Key {
  const provider = isJsonObject(entry) ? entry["litellm_provider"] : undefined;
  const [, before, width, height, model] = sizedKey.exec(name) ?? [];
  if (model === undefined) return { model: name.replace(/^openai\//, "") };
  const segments = before?.split("/") ?? [];
  const vendor = segments.find((part) => part === provider || part === "openai" || part === "azure");
  const [quality, ...others] = segments.filter((part) => part !== vendor);
  if (others.length > 0) throw new UnusableError("its key is of no known shape");
  return {
    model: vendor === undefined || vendor === "openai" ? model : `${vendor}/${model}`,
    size: `${Number(width)}x${Number(height)}`,
    pixels: Number(width) * Number(height),
    ...(quality !== undefined && { quality }),
  };
}

function pricesIn(entry: unknown, { size, pixels, quality }: Key): ModelPrices {
  if (!isJsonObject(entry)) throw new UnusableError("it is no object");
  const prices = modelPricesFrom(entry);
  if (size === undefined || pixels === undefined) {
    if (Object.keys(prices).length === 0)
      throw new UnusableError("it has no price of an image or its tokens");
    return prices;
  }
  const usd = prices.images?.[0]?.usd ?? (prices.usdPerPixel && timesPixels(prices.usdPerPixel, pixels));
  if (usd === undefined) throw new UnusableError("it has no price of an image of its size");
  return { images: [{ usd, size, ...(quality !== undefined && { quality }) }] };
}

function timesPixels(usdPerPixel: string, pixels: number): string {
  const { coefficient, scale } = parsePrice(usdPerPixel);
  return `${coefficient * BigInt(pixels)}e-${scale}`;
}

/**
 * Beside the prices of each quality, `<size>/<model>` is LiteLLM's stand-in for a request without one, at the lowest
 * price. An edit whose quality nobody knows costs the dearest here, and an unknown quality has no price.
 */
function withoutStandIns(prices: ModelPrices): ModelPrices {
  const { images } = prices;
  if (images === undefined) return prices;
  const isStandIn = ({ size, quality }: ImagePrice) =>
    quality === undefined &&
    size !== undefined &&
    images.some((other) => other.size === size && other.quality !== undefined);
  return { ...prices, images: images.filter((price) => !isStandIn(price)) };
}
