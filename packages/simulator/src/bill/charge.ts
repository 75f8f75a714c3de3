import type { Family } from "../models.js";
import type { Usage } from "../usage/usage.js";
import type { Dimensions } from "../validation/valid-edit.js";
import { dallE2PricePerImage, type TokenPrices, tokenPrices } from "./prices.js";

/** What was made, as far as the price depends on it. */
export interface Delivered {
  readonly family: Family;
  readonly size: Dimensions;
  readonly images: number;
  readonly usage: Usage | undefined;
}

/** A price of $1 for one million tokens is 1,000 nano-dollars a token; six more digits keep odd prices exact. */
const fractionDigits = 6;
const fraction = 10n ** BigInt(fractionDigits);
const nanoUsdPerUsd = 10n ** 9n;
const tokensPerPrice = 10n ** 6n;

/** The charge in nano-dollars (10^-9 US dollars): one rounding for the whole line, half up. */
export function chargeNanoUsd({ family, size, images, usage }: Delivered): bigint {
  if (family === "dall-e-2") {
    const price = dallE2PricePerImage[`${size.width}x${size.height}`];
    if (price === undefined) throw new Error(`dall-e-2 has no price for ${size.width}x${size.height}`);
    return roundedHalfUp(scaled(price) * BigInt(images) * nanoUsdPerUsd, fraction);
  }
  if (usage === undefined) throw new Error(`${family} is billed by its usage, and there is none`);
  return roundedHalfUp(priceOfTokens(tokenPrices[family], usage) * nanoUsdPerUsd, fraction * tokensPerPrice);
}

/** Dollars a million tokens times tokens, scaled by `fraction`. */
function priceOfTokens(prices: TokenPrices, usage: Usage): bigint {
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  return (
    scaled(prices.textInput) * BigInt(input.text_tokens) +
    scaled(prices.imageInput) * BigInt(input.image_tokens) +
    scaled(prices.imageOutput) * BigInt(output.image_tokens) +
    scaled(prices.textOutput ?? "0") * BigInt(output.text_tokens)
  );
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
