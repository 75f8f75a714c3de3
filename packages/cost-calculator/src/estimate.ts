import { type Amount, forImages, rounded } from "./breakdown.js";
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
 * What an edit costs at most, known from the request alone and rounded up to a nano-dollar:
 *
 * - by tokens, where it is known how the model counts them and what each kind costs: the largest size and the best
 *   quality that an open one may become, `n` images with all partial ones, and `n` times the input, since nobody
 *   documents that it is billed once;
 * - by the price of an image, where the model has no prices for tokens;
 * - else by the model's ceiling for each returned image. Breakdowns of images and ceilings are output images alone.
 *
 * @returns `null` when there is no ceiling either: {@link missingEstimate} tells why.
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

function estimateOrReason(edit: PlannedEdit, prices: PriceLookup): EditEstimate | string {
  if (!Number.isSafeInteger(edit.promptBytes) || edit.promptBytes < 0) {
    throw new RangeError(
      `The prompt's bytes must be 0 or a whole number above it, not ${String(edit.promptBytes)}`,
    );
  }
  const model = pricesOf(edit.model, prices);
  if (model === undefined) return "the model has no prices";
  const rates = ratesOf(model);
  const estimate = rates.tokens === undefined ? byImages(edit, rates) : byTokens(edit, rates.tokens);
  if (typeof estimate !== "string" || rates.ceiling === undefined) return estimate;
  return { ...upTo(rates.ceiling, edit), basis: "ceiling" };
}

function byTokens(edit: PlannedEdit, rates: TokenRates): EditEstimate | string {
  const counting = tokenCountingOf(edit.model);
  const tokens = counting === undefined ? undefined : mostTokens(edit, counting);
  if (isFree(rates)) return { ...forImages(0n), basis: "tokens" };
  if (counting === undefined) return "it is not known how many tokens the model counts";
  if (tokens === undefined) {
    return `it is not known how many tokens an image of size ${named(edit.size)} and quality ${named(edit.quality)} has`;
  }
  const parts = costOfTokens(tokens, rates);
  if (parts === undefined) return "the model has no price for some of the tokens";
  return { ...rounded(parts, rates.divisor, "up"), basis: "tokens" };
}

function byImages(edit: PlannedEdit, rates: ModelRates): EditEstimate | string {
  const rate = imageRate(rates, edit.size, edit.quality);
  if (rate !== undefined) return { ...upTo(rate, edit), basis: "images" };
  return `an image of size ${named(edit.size)} and quality ${named(edit.quality)} has no price`;
}

/** `undefined` where the tokens of a returned image are not known. */
function mostTokens(edit: PlannedEdit, counting: TokenCounting): ChargedTokens | undefined {
  const output = counting.outputImage(edit.size, edit.quality);
  if (output === undefined) return undefined;
  const n = imagesOf(edit);
  const partialImages = edit.stream === true ? countOr(mostPartialImages, edit.partialImages ?? 0, 0) : 0;
  const highFidelity = ![undefined, "", "low"].includes(edit.inputFidelity);
  const masks = edit.mask === undefined ? 0 : 1;
  let imageInput = edit.mask === undefined ? 0 : counting.mask(edit.mask);
  for (const image of edit.images) imageInput += counting.inputImage(image, highFidelity);
  return {
    textInput: n * textTokens(edit.promptBytes, edit.images.length + masks),
    cachedTextInput: 0,
    imageInput: n * imageInput,
    cachedImageInput: 0,
    imageOutput: n * (output + tokensPerPartialImage * partialImages),
    textOutput: n * counting.outputText,
  };
}

function upTo(rate: Rate, edit: PlannedEdit): Amount {
  const exact = forImages(rate.numerator * BigInt(imagesOf(edit)));
  return rounded(exact.breakdown, rate.divisor, "up");
}

function imagesOf({ n }: PlannedEdit): number {
  return countOr(mostImages, n ?? 1, 1);
}

function countOr(most: number, count: number, least: number): number {
  return Number.isSafeInteger(count) && count >= least ? count : most;
}

/** A model whose every price is an explicit zero costs nothing, however it counts. */
function isFree(rates: TokenRates): boolean {
  return (
    rates.textInput === 0n && rates.imageInput === 0n && rates.imageOutput === 0n && rates.textOutput === 0n
  );
}

function named(value: string | undefined): string {
  return value === undefined ? "auto" : JSON.stringify(value);
}
