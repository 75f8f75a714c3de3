/** OpenAI's `usage` object of an image answer, as it stands in the JSON: numbers of tokens for the whole request. */
export interface ImageUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly input_tokens_details?: InputTokensDetails;
  readonly output_tokens_details?: TokenSplit;
}

interface TokenSplit {
  readonly text_tokens?: number;
  readonly image_tokens?: number;
}

/** The two cached fields are not in OpenAI's schema of the images API; they are honoured should they come. */
interface InputTokensDetails extends TokenSplit {
  readonly cached_tokens?: number;
  readonly cached_tokens_details?: TokenSplit;
}

/** The tokens of one request, each counted once, under the price it is charged at. */
export interface ChargedTokens {
  readonly textInput: number;
  readonly cachedTextInput: number;
  readonly imageInput: number;
  readonly cachedImageInput: number;
  readonly imageOutput: number;
  readonly textOutput: number;
}

/**
 * Sorts a parsed `usage` value by what each token is charged as; `null` when it cannot be priced: one of the three
 * totals is missing or is no count, or all three are zero. A detail that is no count is taken as missing.
 *
 * - Input without details is text. Output without details (none, or all of them zero) is image.
 * - Tokens that the details leave unexplained are text. Where details exceed their total, the details are charged.
 * - Cached tokens without a split are taken from the text first, then from the images.
 */
export function chargedTokens(value: unknown): ChargedTokens | null {
  const usage = completeUsage(value);
  if (usage === null) return null;
  const input = split(usage.input_tokens, usage.input_tokens_details);
  const output = hasCounts(usage.output_tokens_details)
    ? split(usage.output_tokens, usage.output_tokens_details)
    : { text: 0, image: usage.output_tokens };
  const cached = cachedOf(input, usage.input_tokens_details);
  return {
    textInput: input.text - cached.text,
    cachedTextInput: cached.text,
    imageInput: input.image - cached.image,
    cachedImageInput: cached.image,
    imageOutput: output.image,
    textOutput: output.text,
  };
}

interface TextAndImage {
  readonly text: number;
  readonly image: number;
}

function split(total: number, details: TokenSplit = {}): TextAndImage {
  const image = details.image_tokens ?? 0;
  return { text: Math.max(details.text_tokens ?? 0, total - image), image };
}

function cachedOf(input: TextAndImage, details: InputTokensDetails = {}): TextAndImage {
  const known = details.cached_tokens_details;
  if (hasCounts(known)) {
    return {
      text: Math.min(known.text_tokens ?? 0, input.text),
      image: Math.min(known.image_tokens ?? 0, input.image),
    };
  }
  const cached = details.cached_tokens ?? 0;
  const text = Math.min(cached, input.text);
  return { text, image: Math.min(cached - text, input.image) };
}

function hasCounts(details: TokenSplit | undefined): details is TokenSplit {
  return details !== undefined && (details.text_tokens ?? 0) + (details.image_tokens ?? 0) > 0;
}

function completeUsage(value: unknown): ImageUsage | null {
  const input = countIn(value, "input_tokens");
  const output = countIn(value, "output_tokens");
  const total = countIn(value, "total_tokens");
  if (input === undefined || output === undefined || total === undefined) return null;
  if (input === 0 && output === 0 && total === 0) return null;
  const inputDetails = fieldOf(value, "input_tokens_details");
  const cached = countIn(inputDetails, "cached_tokens");
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: total,
    input_tokens_details: {
      ...splitIn(inputDetails),
      ...(cached !== undefined && { cached_tokens: cached }),
      cached_tokens_details: splitIn(fieldOf(inputDetails, "cached_tokens_details")),
    },
    output_tokens_details: splitIn(fieldOf(value, "output_tokens_details")),
  };
}

function splitIn(value: unknown): TokenSplit {
  const text = countIn(value, "text_tokens");
  const image = countIn(value, "image_tokens");
  return {
    ...(text !== undefined && { text_tokens: text }),
    ...(image !== undefined && { image_tokens: image }),
  };
}

function countIn(value: unknown, name: string): number | undefined {
  const field = fieldOf(value, name);
  return Number.isSafeInteger(field) && (field as number) >= 0 ? (field as number) : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
