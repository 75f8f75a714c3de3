import { isUnresolved, sidesOf } from "../size-and-quality.js";

/** Each partial image of a stream costs this many image output tokens (OpenAI's guide). */
export const tokensPerPartialImage = 100;

/** OpenAI's guide for gpt-image-1; every published price per image of its generation agrees with it. */
const tokensBySize: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map([
  ["1024x1024", byQuality(272, 1056, 4160)],
  ["1024x1536", byQuality(408, 1584, 6240)],
  ["1536x1024", byQuality(400, 1568, 6208)],
]);

/** The factors of the three qualities in the formula of gpt-image-2. */
const factors = byQuality(16, 48, 96);

/** Of the three sizes that `auto` may become, this one has the most tokens; of the qualities, `high`. */
const dearestSize = { firstGeneration: "1024x1536", gptImage2: "1024x1024" };
const dearestQuality = "high";

/** Tokens of a returned image of gpt-image-1 and its generation; where size or quality are open, the most. */
export function standardOutput(size: string | undefined, quality: string | undefined): number | undefined {
  return tokensBySize
    .get(resolved(size, dearestSize.firstGeneration))
    ?.get(resolved(quality, dearestQuality));
}

/**
 * Tokens of a returned image of gpt-image-2, of any size; where size or quality are open, the most. The formula is that
 * of OpenAI's own calculator, as a member of its forum published it, in integers throughout.
 */
export function gptImage2Output(size: string | undefined, quality: string | undefined): number | undefined {
  const factor = factors.get(resolved(quality, dearestQuality));
  const sides = sidesOf(resolved(size, dearestSize.gptImage2));
  if (factor === undefined || sides === undefined) return undefined;
  const long = Math.max(sides.width, sides.height);
  const short = Math.min(sides.width, sides.height);
  const shortFactor = Math.floor((2 * factor * short + long) / (2 * long));
  return Math.ceil((factor * shortFactor * (2_000_000 + long * short)) / 4_000_000);
}

function resolved(value: string | undefined, dearest: string): string {
  return value === undefined || isUnresolved(value) ? dearest : value;
}

function byQuality(low: number, medium: number, high: number): ReadonlyMap<string, number> {
  return new Map([
    ["low", low],
    ["medium", medium],
    ["high", high],
  ]);
}
