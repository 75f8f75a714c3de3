import type { Model } from "../models.js";
import type { Usage } from "../usage/usage.js";
import type { Dimensions, Quality } from "../validation/valid-edit.js";
import { priceOfPicture, pricesOf, type TokenPrices } from "./prices.js";

/** What was made, as far as the price depends on it. */
export interface Delivered {
  readonly model: Model;
  readonly size: Dimensions;
  readonly quality: Quality;
  readonly images: number;
  /** Undefined when the answer tells none. */
  readonly usage: Usage | undefined;
}

/** A price of $1 for one million tokens is 1,000 nano-dollars a token; six more digits keep odd prices exact. */
const fractionDigits = 6;
const fraction = 10n ** BigInt(fractionDigits);
const nanoUsdPerUsd = 10n ** 9n;
const tokensPerPrice = 10n ** 6n;

/**
 * The charge in nano-dollars (10^-9 US dollars), rounded once, half up: by the usage where there is one, else for so
 * many pictures.
 * @throws Error where neither has a price
 */
export function chargeNanoUsd({ model, size, quality, images, usage }: Delivered): bigint {
  const { tokens } = pricesOf(model);
  if (usage !== undefined && tokens !== undefined) {
    return roundedHalfUp(priceOfTokens(tokens, usage) * nanoUsdPerUsd, fraction * tokensPerPrice);
  }
  const price = priceOfPicture(model, size, quality);
  if (price === undefined) {
    throw new Error(`${model.id} has no price for a picture of ${size.width}x${size.height}, ${quality}`);
  }
  return roundedHalfUp(scaled(price) * BigInt(images) * nanoUsdPerUsd, fraction);
}

/** Dollars a million tokens times tokens, scaled by `fraction`. */
function priceOfTokens(prices: TokenPrices, usage: Usage): bigint {
  const { input_tokens_details: input, output_tokens, output_tokens_details: output } = usage;
  const cached = cachedTokens(usage);
  const textOutput = output?.text_tokens ?? 0;
  const amounts: readonly (readonly [price: string, tokens: number])[] = [
    [prices.textInput, input.text_tokens - cached.text_tokens],
    [prices.cachedTextInput, cached.text_tokens],
    [prices.imageInput, input.image_tokens - cached.image_tokens],
    [prices.cachedImageInput, cached.image_tokens],
    [prices.imageOutput, output_tokens - textOutput],
    [prices.textOutput ?? "0", textOutput],
  ];
  return amounts.reduce((sum, [price, tokens]) => sum + scaled(price) * BigInt(tokens), 0n);
}

/** Cached tokens that are told in one number are text as far as there is text (LiteLLM's reading of it). */
function cachedTokens({ input_tokens_details: input }: Usage): { text_tokens: number; image_tokens: number } {
  const { cached_tokens = 0, cached_tokens_details } = input;
  if (cached_tokens_details !== undefined) return cached_tokens_details;
  const text = Math.min(cached_tokens, input.text_tokens);
  return { text_tokens: text, image_tokens: cached_tokens - text };
}

/** A decimal string times 10^6, exactly. */
function scaled(decimal: string): bigint {
  const [whole = "0", part = ""] = decimal.split(".");
  if (part.length > fractionDigits) throw new Error(`a price has too many digits: ${decimal}`);
  return BigInt(whole) * fraction + BigInt(part.padEnd(fractionDigits, "0"));
}

/** For amounts that are not negative. */
export function roundedHalfUp(amount: bigint, divisor: bigint): bigint {
  return (2n * amount + divisor) / (2n * divisor);
}
