import type { ImageRate, ModelRates, Rate } from "./rates.js";

/** The largest size that `auto` may become: 1024x1536, or the same lying down. */
const pixelsOfAutoSize = 1024 * 1536;

/**
 * The price of one returned image, by the most particular entry that fits: its size and quality, its size, the model.
 * Where nobody resolved size or quality, the dearest that fits.
 *
 * @returns `undefined` when none fits: a size or quality that is named but has no price is unknown.
 */
export function imageRate(
  { images, pixel }: ModelRates,
  size: string | undefined,
  quality: string | undefined,
): Rate | undefined {
  const fitting = narrowed(narrowed(images, "size", size), "quality", quality);
  return dearest(fitting) ?? (pixel && rateOfPixels(pixel, size));
}

/** `standard` is DALL·E's only quality and no GPT model's: unless it has a price it says as little as `auto`. */
export function isUnresolved(value: string | undefined): boolean {
  return value === undefined || value === "" || value === "auto" || value === "standard";
}

function narrowed(
  rates: readonly ImageRate[],
  by: "size" | "quality",
  value: string | undefined,
): readonly ImageRate[] {
  const named = value === undefined ? [] : rates.filter((rate) => rate[by] === value);
  if (named.length > 0) return named;
  return isUnresolved(value) ? rates : rates.filter((rate) => rate[by] === undefined);
}

function dearest(rates: readonly Rate[]): Rate | undefined {
  let found: Rate | undefined;
  for (const rate of rates) {
    if (found === undefined || rate.numerator * found.divisor > found.numerator * rate.divisor) found = rate;
  }
  return found;
}

function rateOfPixels(pixel: Rate, size: string | undefined): Rate | undefined {
  const pixels = isUnresolved(size) ? pixelsOfAutoSize : pixelsIn(size);
  if (pixels === undefined) return undefined;
  return { numerator: pixel.numerator * BigInt(pixels), divisor: pixel.divisor };
}

function pixelsIn(size = ""): number | undefined {
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(size) ?? [];
  return width === undefined ? undefined : Number(width) * Number(height);
}
