import { RefusedError } from "./refusal.js";
import { refusals } from "./refusals.js";
import type { Dimensions } from "./valid-edit.js";
import type { ModelRules } from "./model-rules.js";

const multipleOf = 16;
const longestEdge = 3840;
const fewestPixels = 655_360;
const mostPixels = 8_294_400;

/**
 * The size to draw. `auto` picks the one of the three standard sizes that fits the first image's shape;
 * where the line between them runs (6:5) is assumed.
 */
export function resolveSize(size: string, rules: ModelRules, firstImage: Dimensions): Dimensions {
  if (size === "auto" && rules.sizes.includes("auto")) return standardSizeFor(firstImage);
  const written = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(size);
  const dimensions = { width: Number(written?.[1]), height: Number(written?.[2]) };
  if (written !== null && rules.sizes.includes(size)) return dimensions;
  if (written === null || !rules.freeSizes)
    throw new RefusedError(refusals.unsupportedValue("size", size, rules.sizes));
  checkFreeSize(size, dimensions);
  return dimensions;
}

function standardSizeFor({ width, height }: Dimensions): Dimensions {
  if (width * 5 > height * 6) return { width: 1536, height: 1024 };
  if (height * 5 > width * 6) return { width: 1024, height: 1536 };
  return { width: 1024, height: 1024 };
}

/** The arithmetic of gpt-image-2. */
function checkFreeSize(size: string, { width, height }: Dimensions): void {
  if (width % multipleOf !== 0 || height % multipleOf !== 0)
    throw new RefusedError(refusals.sizeNotDivisible(size));
  const refuse = (reason: string) => new RefusedError(refusals.sizeOutOfRange(size, reason));
  if (Math.max(width, height) > longestEdge)
    throw refuse(`The longest edge must be at most ${longestEdge} pixels.`);
  if (Math.max(width, height) > 3 * Math.min(width, height)) {
    throw refuse("The aspect ratio must be between 1:3 and 3:1.");
  }
  const pixels = width * height;
  if (pixels < fewestPixels || pixels > mostPixels) {
    throw refuse(`The number of pixels must be between ${fewestPixels} and ${mostPixels}.`);
  }
}
