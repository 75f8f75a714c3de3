import { type FinishedEdit, type PriceTable, costOfEdit, formatUsd } from "./index.js";

/** The cost of an edit in dollars, as text. */
export function usd(edit: FinishedEdit, prices?: PriceTable): string | null {
  const cost = costOfEdit(edit, prices);
  return cost === null ? null : formatUsd(cost.nanoUsd);
}

/** A `usage` object as OpenAI answers it, from numbers of tokens. */
export function usageOf(text: number, image: number, output: number, outputDetails?: object) {
  return {
    input_tokens: text + image,
    output_tokens: output,
    total_tokens: text + image + output,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    ...(outputDetails !== undefined && { output_tokens_details: outputDetails }),
  };
}
