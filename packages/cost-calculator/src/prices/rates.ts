import { type ExactUsd, atScale, nanoDigits, parsePrice, powerOfTen } from "../money.js";
import type { ImagePrice, ModelPrices, TokenPrices } from "./price-table.js";

/** An exact price of one unit: `numerator / divisor` nano-dollars. */
export interface Rate {
  readonly numerator: bigint;
  readonly divisor: bigint;
}

/** Prices of one token of each kind, all over one divisor; `undefined` where a price is missing. */
export interface TokenRates {
  readonly divisor: bigint;
  readonly textInput: bigint | undefined;
  readonly cachedTextInput: bigint | undefined;
  readonly imageInput: bigint | undefined;
  readonly cachedImageInput: bigint | undefined;
  readonly imageOutput: bigint | undefined;
  readonly textOutput: bigint | undefined;
}

export interface ImageRate extends Rate {
  /** `undefined`: holds for the qualities that have no price of their own. */
  readonly quality: string | undefined;
}

/** A model's prices, ready to be multiplied. */
export interface ModelRates {
  /** `undefined` also where returned images have a price and their tokens have none. */
  readonly tokens: TokenRates | undefined;
  /** The most that a token of each kind may be charged at, whatever an answer tells of it. */
  readonly tokensAtMost: TokenRates | undefined;
  /** By size; under `undefined` those of the sizes that have no price of their own. */
  readonly images: ReadonlyMap<string | undefined, readonly ImageRate[]>;
  readonly pixel: Rate | undefined;
  readonly ceiling: Rate | undefined;
}

const known = new WeakMap<ModelPrices, ModelRates>();

/**
 * A gateway asks for the same few prices with every request, so their texts are read once.
 *
 * @throws RangeError when one of the prices is no decimal number.
 */
export function ratesOf(prices: ModelPrices): ModelRates {
  let rates = known.get(prices);
  if (rates === undefined) {
    rates = readRates(prices);
    known.set(prices, rates);
  }
  return rates;
}

function readRates(prices: ModelPrices): ModelRates {
  const imagesHavePrices = prices.images !== undefined || prices.usdPerPixel !== undefined;
  // Tokens of returned images are not sold as text where images have a price: then that price is all there is.
  const byTokens = !imagesHavePrices || prices.tokens?.imageOutput !== undefined;
  const tokens = byTokens ? prices.tokens && readTokenRates(prices.tokens) : undefined;
  return {
    tokens,
    tokensAtMost: tokens && dearestRates(tokens),
    images: readImageRates(prices.images ?? []),
    pixel: readRate(prices.usdPerPixel),
    ceiling: readRate(prices.estimateCeilingUsd),
  };
}

function readTokenRates(tokens: TokenPrices): TokenRates {
  const imageInput = tokens.imageInput ?? tokens.textInput;
  const exact = {
    textInput: read(tokens.textInput),
    cachedTextInput: read(tokens.cachedTextInput ?? tokens.textInput),
    imageInput: read(imageInput),
    cachedImageInput: read(tokens.cachedImageInput ?? imageInput),
    imageOutput: read(tokens.imageOutput ?? tokens.textOutput),
    textOutput: read(tokens.textOutput ?? tokens.imageOutput),
  };
  const scale = Math.max(nanoDigits, ...Object.values(exact).map((price) => price?.scale ?? 0));
  const rate = (price: ExactUsd | undefined) => price && atScale(price, scale);
  return {
    divisor: powerOfTen(scale - nanoDigits),
    textInput: rate(exact.textInput),
    cachedTextInput: rate(exact.cachedTextInput),
    imageInput: rate(exact.imageInput),
    cachedImageInput: rate(exact.cachedImageInput),
    imageOutput: rate(exact.imageOutput),
    textOutput: rate(exact.textOutput),
  };
}

/** Any input may turn out to be cached; where an answer tells no details, all of its input is text and all output images. */
function dearestRates(rates: TokenRates): TokenRates {
  const textInput = dearest(rates.textInput, rates.cachedTextInput);
  const imageInput = dearest(rates.imageInput, rates.cachedImageInput, textInput);
  const output = dearest(rates.imageOutput, rates.textOutput);
  return { ...rates, textInput, imageInput, imageOutput: output, textOutput: output };
}

/** `undefined` where `rate` is: another kind's price is no price of this one. */
function dearest(rate: bigint | undefined, ...others: readonly (bigint | undefined)[]): bigint | undefined {
  if (rate === undefined) return undefined;
  return others.reduce<bigint>((most, other) => (other !== undefined && other > most ? other : most), rate);
}

function readImageRates(prices: readonly ImagePrice[]): Map<string | undefined, ImageRate[]> {
  const bySize = new Map<string | undefined, ImageRate[]>();
  for (const { usd, size, quality } of prices) {
    const rate = { ...rateOf(parsePrice(usd)), quality };
    bySize.set(size, [...(bySize.get(size) ?? []), rate]);
  }
  return bySize;
}

function readRate(text: string | undefined): Rate | undefined {
  const price = read(text);
  return price && rateOf(price);
}

function rateOf(price: ExactUsd): Rate {
  const scale = Math.max(nanoDigits, price.scale);
  return { numerator: atScale(price, scale), divisor: powerOfTen(scale - nanoDigits) };
}

function read(text: string | undefined): ExactUsd | undefined {
  return text === undefined ? undefined : parsePrice(text);
}
