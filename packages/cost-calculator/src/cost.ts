import { type Amount, type Breakdown, forImages, plus, rounded } from "./breakdown.js";
import { imageRate } from "./prices/image-rate.js";
import { listPrices } from "./prices/list-prices.js";
import { type PriceLookup, pricesOf } from "./prices/price-table.js";
import { type TokenRates, ratesOf } from "./prices/rates.js";
import { type ChargedTokens, chargedTokens } from "./usage.js";

/** What came back from an edit, as far as its price depends on it. */
export interface FinishedEdit {
  /** The model that was called upstream; a prefix `openai/` or `azure/` and a dated snapshot are understood. */
  readonly model: string;
  /** The size of the answer (`"1024x1536"`), else that of the request. `auto` or absent: see {@link costOfEdit}. */
  readonly size?: string | undefined;
  /** The quality of the answer, else that of the request. `auto`, `standard` or absent: see {@link costOfEdit}. */
  readonly quality?: string | undefined;
  /** How many images were returned. */
  readonly images: number;
  /** The `usage` of the answer as parsed JSON, whatever it is; it covers all images. */
  readonly usage?: unknown;
}

export interface EditCost extends Amount {
  /** `usage`: by the tokens the upstream counted. `images`: by the price of an image, since no usage could be priced. */
  readonly basis: "usage" | "images";
}

/**
 * The cost of a finished edit: by its usage when that is complete and the model has prices for the tokens in it, else
 * by its images. All sums are exact; the total is rounded once, half up, to a nano-dollar.
 *
 * Where the price of an image depends on a size or quality that nobody resolved, the dearest price that fits is taken,
 * so that a budget is never undercharged. A size or quality that is named but has no price is unknown.
 *
 * @returns `null` when no price is known, which is not the same as a cost of zero.
 * @throws RangeError when `images` is no count, or a price of the table is no decimal number.
 */
export function costOfEdit(edit: FinishedEdit, prices: PriceLookup = listPrices): EditCost | null {
  if (!Number.isSafeInteger(edit.images) || edit.images < 0) {
    throw new RangeError(
      `The number of images must be 0 or a whole number above it, not ${String(edit.images)}`,
    );
  }
  const model = pricesOf(edit.model, prices);
  if (model === undefined) return null;
  const rates = ratesOf(model);
  const byUsage = rates.tokens && costOfUsage(edit.usage, rates.tokens);
  if (byUsage !== undefined) return byUsage;
  const rate = imageRate(rates, edit.size, edit.quality);
  if (rate === undefined) return null;
  const exact = forImages(rate.numerator * BigInt(edit.images));
  return costOf(rounded(exact.breakdown, rate.divisor, "half up"), "images");
}

function costOfUsage(usage: unknown, rates: TokenRates): EditCost | undefined {
  const tokens = chargedTokens(usage);
  const parts = tokens === null ? undefined : costOfTokens(tokens, rates);
  return parts && costOf(rounded(parts, rates.divisor, "half up"), "usage");
}

/**
 * The cost of an edit that was answered in parts, such as the `image_edit.completed` events of a stream. Each part is an
 * amount of its own, rounded for itself, since the upstream bills it for itself; the sum is not rounded again.
 *
 * @returns `null` as soon as one part has no known price, and for no parts at all.
 */
export function sumOfCosts(costs: readonly (EditCost | null)[]): EditCost | null {
  let sum: EditCost | null = null;
  for (const cost of costs) {
    if (cost === null) return null;
    sum = sum === null ? cost : added(sum, cost);
  }
  return sum;
}

function added(left: EditCost, right: EditCost): EditCost {
  return {
    nanoUsd: left.nanoUsd + right.nanoUsd,
    basis: left.basis === "images" ? "images" : right.basis,
    breakdown: plus(left.breakdown, right.breakdown),
  };
}

/** The exact cost by parts, over the rates' divisor; `undefined` when tokens were used that have no price. */
export function costOfTokens(tokens: ChargedTokens, rates: TokenRates): Breakdown | undefined {
  const inputText = times(tokens.textInput, rates.textInput);
  const cachedText = times(tokens.cachedTextInput, rates.cachedTextInput);
  const inputImage = times(tokens.imageInput, rates.imageInput);
  const cachedImage = times(tokens.cachedImageInput, rates.cachedImageInput);
  const outputImage = times(tokens.imageOutput, rates.imageOutput);
  const outputText = times(tokens.textOutput, rates.textOutput);
  if (inputText === undefined || cachedText === undefined || inputImage === undefined) return undefined;
  if (cachedImage === undefined || outputImage === undefined || outputText === undefined) return undefined;
  return { inputText, inputImage, cached: cachedText + cachedImage, outputImage, outputText };
}

function times(count: number, rate: bigint | undefined): bigint | undefined {
  if (count === 0) return 0n;
  return rate === undefined ? undefined : BigInt(count) * rate;
}

function costOf({ nanoUsd, breakdown }: Amount, basis: EditCost["basis"]): EditCost {
  return { nanoUsd, basis, breakdown };
}
