import type { Family } from "../models.js";
import type { Dimensions, Quality } from "../validation/valid-edit.js";

/** Each partial image of a stream costs this many image output tokens (OpenAI's guide). */
export const tokensPerPartialImage = 100;

/** OpenAI's guide for gpt-image-1; every published price per image agrees with it. */
const tokensByShape = {
  square: { low: 272, medium: 1056, high: 4160 },
  portrait: { low: 408, medium: 1584, high: 6240 },
  landscape: { low: 400, medium: 1568, high: 6208 },
} as const;

/** Image tokens of one finished picture. */
export function outputTokens(family: Family, size: Dimensions, quality: Quality): number {
  return family === "gpt-image-2" ? tokensOfGptImage2(size, quality) : tokensByShape[shapeOf(size)][quality];
}

function shapeOf({ width, height }: Dimensions): keyof typeof tokensByShape {
  if (width === height) return "square";
  return width > height ? "landscape" : "portrait";
}

/** The formula of OpenAI's own calculator, as a member of its forum published it. Integers throughout. */
function tokensOfGptImage2({ width, height }: Dimensions, quality: Quality): number {
  const factor = { low: 16, medium: 48, high: 96 }[quality];
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const shortFactor = Math.floor((2 * factor * short + long) / (2 * long));
  return Math.ceil((factor * shortFactor * (2_000_000 + width * height)) / 4_000_000);
}
