import { isUnresolved, sidesOf } from "../size-and-quality.js";
import type { ImageRate, ModelRates, Rate } from "./rates.js";

/** The largest size that `auto` may become: 1024x1536, or the same lying down. */
const pixelsOfAutoSize = 1024 * 1536;

/**
 * The price of one returned image, by the most particular entry that fits: its size and quality, its size, the model; else
 * by its pixels. Where nobody resolved size or quality, the dearest that they may turn out to have.
 *
 * @returns `undefined` when none fits: a size or quality that is named but has no price is unknown.
 */
export function imageRate(
  { images, pixel }: ModelRates,
  size: string | undefined,
  quality: string | undefined,
): Rate | undefined {
  const candidates = sizesOf(images, size).map((one) => images.get(one) ?? []);
  const fitting: Rate[] = candidates.flatMap((rates) => ofQuality(rates, quality));
  const isForAny = candidates.every((rates) =>
    rates.some((rate) => rate.quality === undefined || rate.quality === quality),
  );
  const pixels = isForAny ? undefined : pixel && rateOfPixels(pixel, size);
  return dearest(pixels === undefined ? fitting : [...fitting, pixels]);
}

/** Whose entries may hold; `undefined` for those of any other size. */
function sizesOf(images: ModelRates["images"], size: string | undefined): (string | undefined)[] {
  if (size !== undefined && images.has(size)) return [size];
  return isUnresolved(size) ? [...new Set([...images.keys(), undefined])] : [undefined];
}

function ofQuality(rates: readonly ImageRate[], quality: string | undefined): readonly ImageRate[] {
  const named = quality === undefined ? [] : rates.filter((rate) => rate.quality === quality);
  if (named.length > 0) return named;
  return isUnresolved(quality) ? rates : rates.filter((rate) => rate.quality === undefined);
}

function dearest(rates: readonly Rate[]): Rate | undefined {
  let found: Rate | undefined;
  for (const rate of rates) {
    if (found === undefined || rate.numerator * found.divisor > found.numerator * rate.divisor) found = rate;
  }
  return found;
}

function rateOfPixels(pixel: Rate, size: string | undefined): Rate | undefined {
  const sides = sidesOf(size);
  if (sides === undefined && !isUnresolved(size)) return undefined;
  const pixels = sides === undefined ? pixelsOfAutoSize : sides.width * sides.height;
  return { numerator: pixel.numerator * BigInt(pixels), divisor: pixel.divisor };
}
