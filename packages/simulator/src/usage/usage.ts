import type { ValidEdit } from "../validation/valid-edit.js";
import { imageTokens, textTokens } from "./input-tokens.js";
import { outputTokens, tokensPerPartialImage } from "./output-tokens.js";

/** The `usage` object of OpenAI's answer. */
export interface Usage {
  readonly total_tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_tokens_details: { readonly text_tokens: number; readonly image_tokens: number };
  readonly output_tokens_details: { readonly image_tokens: number; readonly text_tokens: number };
}

/**
 * The usage of each picture of an edit, in order; the edit's usage is their sum. None for dall-e-2.
 * gpt-image-2 bills `n` pictures as `n` calls, inputs included (OpenAI's forum). The other models take the inputs
 * once (assumed), and here they are on the first picture.
 */
export function usageOfPictures(edit: ValidEdit): readonly Usage[] | undefined {
  const { family } = edit.model;
  if (family === "dall-e-2") return undefined;
  const text = textTokens(edit.prompt);
  const image = edit.images.reduce((sum, input) => sum + imageTokens(input, edit.highFidelity), 0);
  const output = outputTokens(family, edit.size, edit.quality) + tokensPerPartialImage * edit.partialImages;
  return Array.from({ length: edit.count }, (_, index) =>
    index === 0 || family === "gpt-image-2" ? usage(text, image, output) : usage(0, 0, output),
  );
}

export function sumOfUsage(parts: readonly Usage[]): Usage {
  const sum = (amount: (part: Usage) => number) => parts.reduce((total, part) => total + amount(part), 0);
  return usage(
    sum((part) => part.input_tokens_details.text_tokens),
    sum((part) => part.input_tokens_details.image_tokens),
    sum((part) => part.output_tokens),
  );
}

function usage(text: number, image: number, output: number): Usage {
  return {
    total_tokens: text + image + output,
    input_tokens: text + image,
    output_tokens: output,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
  };
}
