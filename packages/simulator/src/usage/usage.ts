import type { ValidEdit } from "../validation/valid-edit.js";
import { imageTokens, textTokens } from "./input-tokens.js";
import { outputTokens, tokensPerPartialImage } from "./output-tokens.js";
import { plainUsage, type UsageVariation } from "./variation.js";

interface TokenSplit {
  readonly text_tokens: number;
  readonly image_tokens: number;
}

/** The `usage` object of OpenAI's answer. The cached tokens are in no specification; some gateways have seen them. */
export interface Usage {
  readonly total_tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_tokens_details: TokenSplit & {
    readonly cached_tokens?: number;
    readonly cached_tokens_details?: TokenSplit;
  };
  /** Optional in the specification. Without them all output is image. */
  readonly output_tokens_details?: TokenSplit;
}

/** The usage of an edit: of each of its pictures, in order, and of all together. */
export interface EditUsage {
  readonly pictures: readonly Usage[];
  readonly whole: Usage;
}

/** The tokens of one or more pictures, before they are told. */
interface Tokens {
  readonly text: number;
  readonly image: number;
  /** Of the text and the image tokens. */
  readonly cachedText: number;
  readonly cachedImage: number;
  readonly outputImage: number;
  readonly outputText: number;
}

/**
 * The usage of an edit; none for dall-e-2.
 * The models from gpt-image-2 on bill `n` pictures as `n` calls, inputs included (OpenAI's forum, for gpt-image-2). The
 * others take the inputs once (assumed), and here they are on the first picture.
 */
export function usageOf(edit: ValidEdit, variation: UsageVariation = plainUsage): EditUsage | undefined {
  const { family } = edit.model;
  if (family === "dall-e-2") return undefined;
  const { cachedShare, textOutputTokens } = variation;
  const text = textTokens(edit.prompt);
  const image = edit.images.reduce((sum, input) => sum + imageTokens(input, edit.highFidelity), 0);
  const inputs = {
    text,
    image,
    cachedText: Math.floor(text * cachedShare),
    cachedImage: Math.floor(image * cachedShare),
  };
  const output = {
    outputImage: outputTokens(edit) + tokensPerPartialImage * edit.partialImages,
    outputText: textOutputTokens,
  };
  const pictures = Array.from({ length: edit.count }, (_, index): Tokens => {
    return { ...(index === 0 || billsEachPicture.has(family) ? inputs : noInputs), ...output };
  });
  return {
    pictures: pictures.map((tokens) => told(tokens, variation)),
    whole: told(sumOf(pictures), variation),
  };
}

const billsEachPicture: ReadonlySet<string> = new Set(["gpt-image-2", "gpt-image-2.5", "gpt-image-2.6"]);
const noInputs = { text: 0, image: 0, cachedText: 0, cachedImage: 0 };

function sumOf(parts: readonly Tokens[]): Tokens {
  const sum = (name: keyof Tokens) => parts.reduce((total, part) => total + part[name], 0);
  return {
    text: sum("text"),
    image: sum("image"),
    cachedText: sum("cachedText"),
    cachedImage: sum("cachedImage"),
    outputImage: sum("outputImage"),
    outputText: sum("outputText"),
  };
}

function told(
  tokens: Tokens,
  { cachedShare, tellsCachedDetails, tellsOutputDetails }: UsageVariation,
): Usage {
  const input = tokens.text + tokens.image;
  const output = tokens.outputImage + tokens.outputText;
  const { cachedText, cachedImage } = tokens;
  return {
    total_tokens: input + output,
    input_tokens: input,
    output_tokens: output,
    input_tokens_details: {
      text_tokens: tokens.text,
      image_tokens: tokens.image,
      ...(cachedShare > 0 && { cached_tokens: cachedText + cachedImage }),
      ...(cachedShare > 0 &&
        tellsCachedDetails && {
          cached_tokens_details: { text_tokens: cachedText, image_tokens: cachedImage },
        }),
    },
    ...(tellsOutputDetails && {
      output_tokens_details: { image_tokens: tokens.outputImage, text_tokens: tokens.outputText },
    }),
  };
}
