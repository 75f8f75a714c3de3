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
  const usage = value as Fields<ImageUsage>;
  const input = countOf(usage?.input_tokens);
  const output = countOf(usage?.output_tokens);
  const total = countOf(usage?.total_tokens);
  if (input === undefined || output === undefined || total === undefined) return null;
  if (input === 0 && output === 0 && total === 0) return null;

  const inputDetails = usage?.input_tokens_details as Fields<InputTokensDetails>;
  const image = countOf(inputDetails?.image_tokens) ?? 0;
  const text = Math.max(countOf(inputDetails?.text_tokens) ?? 0, input - image);

  const cachedDetails = inputDetails?.cached_tokens_details as Fields<TokenSplit>;
  let cachedText = countOf(cachedDetails?.text_tokens) ?? 0;
  let cachedImage = countOf(cachedDetails?.image_tokens) ?? 0;
  if (cachedText === 0 && cachedImage === 0) {
    const cached = countOf(inputDetails?.cached_tokens) ?? 0;
    cachedText = Math.min(cached, text);
    cachedImage = cached - cachedText;
  }
  cachedText = Math.min(cachedText, text);
  cachedImage = Math.min(cachedImage, image);

  const outputDetails = usage?.output_tokens_details as Fields<TokenSplit>;
  let imageOutput = countOf(outputDetails?.image_tokens) ?? 0;
  let textOutput = countOf(outputDetails?.text_tokens) ?? 0;
  if (imageOutput === 0 && textOutput === 0) imageOutput = output;
  else textOutput = Math.max(textOutput, output - imageOutput);

  return {
    textInput: text - cachedText,
    cachedTextInput: cachedText,
    imageInput: image - cachedImage,
    cachedImageInput: cachedImage,
    imageOutput,
    textOutput,
  };
}

/** Nothing is known of the value, but any value except null and undefined can be asked for a property. */
type Fields<Shape> = { readonly [Name in keyof Shape]?: unknown } | null | undefined;

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
