import type { Family } from "../models.js";

/** Prices of tokens in US dollars for one million of them, as published (decimal strings: no float ever holds one). */
export interface TokenPrices {
  readonly textInput: string;
  readonly imageInput: string;
  readonly imageOutput: string;
  /** Absent where OpenAI publishes none; such tokens are 0 in this simulator anyway. */
  readonly textOutput?: string;
}

/**
 * Source: the LiteLLM price map, copies of 2026-07-24 and 2026-08-06, which agree; OpenAI's model pages agree for
 * gpt-image-2. chatgpt-image-latest is doubtful: OpenAI may charge gpt-image-1.5's rates (8 in, 32 out) for it.
 */
export const tokenPrices: Readonly<Record<Exclude<Family, "dall-e-2">, TokenPrices>> = {
  "gpt-image-1": { textInput: "5", imageInput: "10", imageOutput: "40" },
  "gpt-image-1-mini": { textInput: "2", imageInput: "2.50", imageOutput: "8" },
  "gpt-image-1.5": { textInput: "5", imageInput: "8", imageOutput: "32", textOutput: "10" },
  "gpt-image-2": { textInput: "5", imageInput: "8", imageOutput: "30", textOutput: "10" },
  "chatgpt-image-latest": { textInput: "5", imageInput: "10", imageOutput: "40" },
};

/** US dollars for one picture of dall-e-2. Source: OpenAI's list price until the model's removal in May 2026. */
export const dallE2PricePerImage: Readonly<Record<string, string>> = {
  "256x256": "0.016",
  "512x512": "0.018",
  "1024x1024": "0.020",
};
