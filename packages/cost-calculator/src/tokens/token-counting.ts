import { withoutDate } from "../prices/price-table.js";
import { type InputImage, mostPatches, tiledImage } from "./input-tokens.js";
import { standardOutput, gptImage2Output } from "./output-tokens.js";

/** How a model counts tokens, as far as it is known: each figure is the most that may be billed. */
export interface TokenCounting {
  /** Tokens of an input image. */
  readonly inputImage: (image: InputImage, highFidelity: boolean) => number;
  readonly mask: (mask: InputImage) => number;
  /** Tokens of a returned image; `undefined` for a size or quality the model is not known for. */
  readonly outputImage: (size: string | undefined, quality: string | undefined) => number | undefined;
  /** Text that the model writes for each returned image, nobody sees and everybody pays. */
  readonly outputText: number;
}

const firstGeneration: TokenCounting = {
  inputImage: tiledImage,
  mask: (mask) => tiledImage(mask, false),
  outputImage: standardOutput,
  outputText: 0,
};

/** gpt-image-1.5 reasons in text before it draws: 209 and 335 such tokens stand in the usages that people published. */
const mostReasoning = 512;

const countings: ReadonlyMap<string, TokenCounting> = new Map([
  ["gpt-image-1", firstGeneration],
  ["gpt-image-1.5", { ...firstGeneration, outputText: mostReasoning }],
  ["gpt-image-1-mini", firstGeneration],
  ["chatgpt-image-latest", firstGeneration],
  [
    "gpt-image-2",
    {
      // Always high fidelity. OpenAI publishes no formula; the forum measured at most 1,536 tokens an image, and the
      // first generation's count is above that for every shape.
      inputImage: (image) => tiledImage(image, true),
      mask: () => mostPatches,
      outputImage: gptImage2Output,
      // None was seen so far, but its text has a price.
      outputText: mostReasoning,
    },
  ],
]);

/** Whoever sells a model, it counts alike: `azure/gpt-image-2-2026-04-21` as `gpt-image-2`. */
export function tokenCountingOf(model: string): TokenCounting | undefined {
  return countings.get(withoutDate(model.slice(model.lastIndexOf("/") + 1)));
}
