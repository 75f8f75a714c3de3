import type { Complexity, Dimensions, Quality, ValidEdit } from "../validation/valid-edit.js";

/** Each partial image of a stream costs this many image output tokens (OpenAI's guide). */
export const tokensPerPartialImage = 100;

/** OpenAI's guide for gpt-image-1; every published price per image agrees with it. */
const tokensByShape = {
  square: { low: 272, medium: 1056, high: 4160 },
  portrait: { low: 408, medium: 1584, high: 6240 },
  landscape: { low: 400, medium: 1568, high: 6208 },
} as const;

type PlainQuality = keyof (typeof tokensByShape)["square"];

/** Of gpt-image-2: OpenAI's own calculator, as a member of its forum published it. */
const factorsOf2 = { low: 16, medium: 48, high: 96 } as const;
/** Of 2.5 and 2.6: this simulator's own choice. OpenAI says that the counts have changed, and has published none. */
const factorsOf25 = { low: 16, medium: 40, high: 80, xhigh: 112, max: 144 } as const;

/** What a simpler picture of 2.6 takes, in quarters of the whole: this simulator's own choice too. */
const quartersOf: Readonly<Record<Complexity, number>> = { low: 2, medium: 3, high: 4 };

/** Image tokens of one finished picture. */
export function outputTokens({ model, size, quality, complexity }: OutputChoices): number {
  switch (model.family) {
    case "gpt-image-2":
      return tokensOfCalculator(size, factorsOf2[plain(quality)]);
    case "gpt-image-2.5":
      return tokensOfCalculator(size, factorsOf25[quality]);
    case "gpt-image-2.6":
      return Math.ceil((tokensOfCalculator(size, factorsOf25[quality]) * quartersOf[complexity]) / 4);
    case "dall-e-2":
    case "gpt-image-1":
    case "gpt-image-1-mini":
    case "gpt-image-1.5":
    case "chatgpt-image-latest":
      return tokensByShape[shapeOf(size)][plain(quality)];
  }
}

/** What the number of output tokens depends on. */
export type OutputChoices = Pick<ValidEdit, "model" | "size" | "quality" | "complexity">;

function shapeOf({ width, height }: Dimensions): keyof typeof tokensByShape {
  if (width === height) return "square";
  return width > height ? "landscape" : "portrait";
}

function plain(quality: Quality): PlainQuality {
  if (quality === "xhigh" || quality === "max") throw new Error(`no model before 2.5 has quality ${quality}`);
  return quality;
}

/** The formula of OpenAI's calculator for gpt-image-2. Integers throughout. */
function tokensOfCalculator({ width, height }: Dimensions, factor: number): number {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const shortFactor = Math.floor((2 * factor * short + long) / (2 * long));
  return Math.ceil((factor * shortFactor * (2_000_000 + width * height)) / 4_000_000);
}
