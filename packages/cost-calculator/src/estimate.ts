import { type Amount, forImages, repeated, rounded } from "./breakdown.js";
import { costOfTokens } from "./cost.js";
import { imageRate } from "./prices/image-rate.js";
import { listPrices } from "./prices/list-prices.js";
import { type PriceLookup, pricesOf } from "./prices/price-table.js";
import { type ModelRates, type Rate, type TokenRates, ratesOf } from "./prices/rates.js";
import { type InputImage, textTokens } from "./tokens/input-tokens.js";
import { tokensPerPartialImage } from "./tokens/output-tokens.js";
import { type TokenCounting, tokenCountingOf } from "./tokens/token-counting.js";
import type { ChargedTokens } from "./usage.js";

/** An edit that is not sent yet, as far as its price depends on it. What the client left out is left out here. */
export interface PlannedEdit {
  /** As in {@link FinishedEdit}. */
  readonly model: string;
  readonly size?: string | undefined;
  readonly quality?: string | undefined;
  readonly n?: number | undefined;
  readonly stream?: boolean | undefined;
  /** Counts only with `stream`. */
  readonly partialImages?: number | undefined;
  readonly inputFidelity?: string | undefined;
  /** The length of the prompt in UTF-8. */
  readonly promptBytes: number;
  readonly images: readonly InputImage[];
  readonly mask?: InputImage | undefined;
}

export interface EditEstimate extends Amount {
  /**
   * `tokens`: by the most tokens the model may count. `images`: by the price of an image. `ceiling`: by the most that an
   * image of this model may cost at all.
   */
  readonly basis: "tokens" | "images" | "ceiling";
}

/** Why nothing is known of what an edit may cost at most, and the setting that would tell it. */
export interface MissingEstimate {
  readonly model: string;
  readonly reason: string;
  readonly setting: "estimate_ceiling_usd";
}

/** What OpenAI takes at most; for what a client writes into these fields that is no count. */
const mostImages = 10;
const mostPartialImages = 3;

/**
 * What an edit costs at most, known from the request alone: the most for one image, rounded up to a nano-dollar, times `n`.
 * For one image that is the dearer of
 *
 * - its tokens, where it is known how the model counts them and what each kind costs: the largest size and the best
 *   quality that an open one may become, all partial images, and the input, since nobody documents that it is billed
 *   once for several images; where that is not known, the model's ceiling;
 * - the price of an image, where there is one: it is charged when no usage comes.
 *
 * Breakdowns of images and ceilings are output images alone.
 *
 * @returns `null` when nothing bounds the cost: {@link missingEstimate} tells why.
 * @throws RangeError when `promptBytes` is no count, or a price of the table is no decimal number.
 */
export function estimateOfEdit(edit: PlannedEdit, prices: PriceLookup = listPrices): EditEstimate | null {
  const estimate = estimateOrReason(edit, prices);
  return typeof estimate === "string" ? null : estimate;
}

/** Why {@link estimateOfEdit} knows no bound, and what to set; `null` when it knows one. */
export function missingEstimate(edit: PlannedEdit, prices: PriceLookup = listPrices): MissingEstimate | null {
  const reason = estimateOrReason(edit, prices);
  return typeof reason === "string" ? { model: edit.model, reason, setting: "estimate_ceiling_usd" } : null;
}

/**
 * The most tokens that an edit may count, input and output of all its images together; `undefined` where it is not known
 * how its model counts them.
 */
export function mostTokensOfEdit(edit: PlannedEdit): number | undefined {
  const counting = tokenCountingOf(edit.model);
  const one = counting && mostTokens(edit, counting);
  if (one === undefined) return undefined;
  const { textInput, imageInput, imageOutput, textOutput } = one;
  return (textInput + imageInput + imageOutput + textOutput) * imagesOf(edit);
}

function estimateOrReason(edit: PlannedEdit, prices: PriceLookup): EditEstimate | string {
  if (!Number.isSafeInteger(edit.promptBytes) || edit.promptBytes < 0) {
    throw new RangeError(
      `The prompt's bytes must be 0 or a whole number above it, not ${String(edit.promptBytes)}`,
    );
  }
  const model = pricesOf(edit.model, prices);
  if (model === undefined) return "the model has no prices";
  const one = forOneImage(edit, ratesOf(model));
  if (typeof one === "string") return one;
  return { ...repeated(one, imagesOf(edit)), basis: one.basis };
}

function forOneImage(edit: PlannedEdit, rates: ModelRates): EditEstimate | string {
  const image = imageRate(rates, edit.size, edit.quality);
  const byImage = image && { ...upTo(image), basis: "images" as const };
  const byTokens = rates.tokensAtMost && byMostTokens(edit, rates.tokensAtMost);
  const known = byTokens ?? byImage ?? `an image of ${sizeAndQuality(edit)} has no price`;
  const bound =
    typeof known === "string" && rates.ceiling !== undefined
      ? { ...upTo(rates.ceiling), basis: "ceiling" as const }
      : known;
  if (typeof bound === "string" || byImage === undefined) return bound;
  return byImage.nanoUsd > bound.nanoUsd ? byImage : bound;
}

function byMostTokens(edit: PlannedEdit, rates: TokenRates): EditEstimate | string {
  const isFree = rates.textInput === 0n && rates.imageInput === 0n && rates.imageOutput === 0n;
  if (isFree) return { ...forImages(0n), basis: "tokens" };
  const counting = tokenCountingOf(edit.model);
  if (counting === undefined) return "it is not known how many tokens the model counts";
  const tokens = mostTokens(edit, counting);
  if (tokens === undefined) {
    return `it is not known how many tokens an image of ${sizeAndQuality(edit)} has`;
  }
  const parts = costOfTokens(tokens, rates);
  if (parts === undefined) return "the model has no price for some of the tokens";
  return { ...rounded(parts, rates.divisor, "up"), basis: "tokens" };
}

/** For one image; `undefined` where the tokens of a returned one are not known. */
function mostTokens(edit: PlannedEdit, counting: TokenCounting): ChargedTokens | undefined {
  const output = counting.outputImage(edit.size, edit.quality);
  if (output === undefined) return undefined;
  const partialImages = edit.stream === true ? countOr(mostPartialImages, edit.partialImages ?? 0, 0) : 0;
  const highFidelity = ![undefined, "", "low"].includes(edit.inputFidelity);
  const masks = edit.mask === undefined ? 0 : 1;
  let imageInput = edit.mask === undefined ? 0 : counting.mask(edit.mask);
  for (const image of edit.images) imageInput += counting.inputImage(image, highFidelity);
  return {
    textInput: textTokens(edit.promptBytes, edit.images.length + masks),
    cachedTextInput: 0,
    imageInput,
    cachedImageInput: 0,
    imageOutput: output + tokensPerPartialImage * partialImages,
    textOutput: counting.outputText,
  };
}

function upTo(rate: Rate): Amount {
  return rounded(forImages(rate.numerator).breakdown, rate.divisor, "up");
}

function imagesOf({ n = 1 }: PlannedEdit): number {
  return countOr(mostImages, n, 1);
}

function countOr(most: number, count: number, least: number): number {
  return Number.isSafeInteger(count) && count >= least ? count : most;
}

function sizeAndQuality({ size, quality }: PlannedEdit): string {
  const named = (value: string | undefined) => (value === undefined ? "auto" : JSON.stringify(value));
  return `size ${named(size)} and quality ${named(quality)}`;
}
