import type { Family, Model } from "../models.js";
import type { Dimensions, Quality } from "../validation/valid-edit.js";

/** Prices of tokens in US dollars for one million of them, as published (decimal strings: no float ever holds one). */
export interface TokenPrices {
  readonly textInput: string;
  readonly cachedTextInput: string;
  readonly imageInput: string;
  readonly cachedImageInput: string;
  readonly imageOutput: string;
  /** Absent where none is published: such a model never writes text. */
  readonly textOutput?: string | undefined;
}

/**
 * US dollars for one picture, its output alone: one price for all, one for each size (`1024x1024`), or one for each
 * size and quality.
 */
export type PicturePrices = string | Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface ModelPrices {
  /** Absent for a model that counts no tokens. */
  readonly tokens?: TokenPrices | undefined;
  /** What a picture costs whose answer tells no usage. Absent where none is published. */
  readonly pictures?: PicturePrices | undefined;
}

const firstGeneration: TokenPrices = {
  textInput: "5",
  cachedTextInput: "1.25",
  imageInput: "10",
  cachedImageInput: "2.50",
  imageOutput: "40",
};

const secondGeneration: TokenPrices = {
  textInput: "5",
  cachedTextInput: "1.25",
  imageInput: "8",
  cachedImageInput: "2",
  imageOutput: "30",
};

/**
 * Tokens: the LiteLLM price map, copies of 2026-07-24 and 2026-08-06, which agree; cached image input from its copy of
 * 2026-03-15, the last that had it. gpt-image-2's cached image input and the prices of 2.6: OpenAI's page of
 * gpt-image-2.6-sunburst; those of 2.5: third parties that quote OpenAI. chatgpt-image-latest is doubtful: OpenAI may
 * charge gpt-image-1.5's rates (8 in, 32 out) for it.
 *
 * Pictures: dall-e-2 by OpenAI's list price until the model's removal in May 2026; gpt-image-1, -mini and 1.5 by the
 * price map (mini's `high` by one third party alone); gpt-image-2 by its calculator's tokens for the standard sizes.
 */
const listPrices: Readonly<Record<Family, ModelPrices>> = {
  "dall-e-2": { pictures: { "256x256": "0.016", "512x512": "0.018", "1024x1024": "0.020" } },
  "gpt-image-1": {
    tokens: firstGeneration,
    pictures: {
      "1024x1024": { low: "0.011", medium: "0.042", high: "0.167" },
      "1024x1536": { low: "0.016", medium: "0.063", high: "0.25" },
      "1536x1024": { low: "0.016", medium: "0.063", high: "0.25" },
    },
  },
  "gpt-image-1-mini": {
    tokens: {
      textInput: "2",
      cachedTextInput: "0.20",
      imageInput: "2.50",
      cachedImageInput: "0.25",
      imageOutput: "8",
    },
    pictures: {
      "1024x1024": { low: "0.005", medium: "0.011", high: "0.036" },
      "1024x1536": { low: "0.006", medium: "0.015", high: "0.052" },
      "1536x1024": { low: "0.006", medium: "0.015", high: "0.052" },
    },
  },
  "gpt-image-1.5": {
    tokens: {
      textInput: "5",
      cachedTextInput: "1.25",
      imageInput: "8",
      cachedImageInput: "2",
      imageOutput: "32",
      textOutput: "10",
    },
    pictures: {
      "1024x1024": { low: "0.009", medium: "0.034", high: "0.133" },
      "1024x1536": { low: "0.013", medium: "0.05", high: "0.2" },
      "1536x1024": { low: "0.013", medium: "0.05", high: "0.2" },
    },
  },
  "gpt-image-2": {
    tokens: { ...secondGeneration, textOutput: "10" },
    pictures: {
      "1024x1024": { low: "0.00588", medium: "0.05268", high: "0.21072" },
      "1024x1536": { low: "0.00474", medium: "0.04116", high: "0.16464" },
      "1536x1024": { low: "0.00474", medium: "0.04116", high: "0.16464" },
    },
  },
  "gpt-image-2.5": { tokens: secondGeneration },
  "gpt-image-2.6": { tokens: secondGeneration },
  "chatgpt-image-latest": { tokens: firstGeneration },
};

export function pricesOf({ prices, family }: Model): ModelPrices {
  return prices ?? listPrices[family];
}

/** US dollars for one picture of a model; undefined where none is published. */
export function priceOfPicture(
  model: Model,
  { width, height }: Dimensions,
  quality: Quality,
): string | undefined {
  const { pictures } = pricesOf(model);
  if (typeof pictures === "string") return pictures;
  const ofSize = pictures?.[`${width}x${height}`];
  return typeof ofSize === "object" ? ofSize[quality] : ofSize;
}
