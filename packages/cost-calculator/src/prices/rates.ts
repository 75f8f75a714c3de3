import { type ExactUsd, atScale, nanoDigits, parsePrice, powerOfTen } from "../money.js";
import type { ImagePrice, ModelPrices } from "./price-table.js";

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
  readonly size: string | undefined;
  readonly quality: string | undefined;
}

/** A model's prices, ready to be multiplied. */
export interface ModelRates {
  readonly tokens: TokenRates | undefined;
  readonly images: readonly ImageRate[];
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
  return {
    tokens: prices.tokens && readTokenRates(prices),
    images: (prices.images ?? []).map(readImageRate),
    pixel: readRate(prices.usdPerPixel),
    ceiling: readRate(prices.estimateCeilingUsd),
  };
}

function readTokenRates({ tokens = {}, images, usdPerPixel }: ModelPrices): TokenRates {
  const imageInput = tokens.imageInput ?? tokens.textInput;
  const imagesHavePrices = images !== undefined || usdPerPixel !== undefined;
  const exact = {
    textInput: read(tokens.textInput),
    cachedTextInput: read(tokens.cachedTextInput ?? tokens.textInput),
    imageInput: read(imageInput),
    cachedImageInput: read(tokens.cachedImageInput ?? imageInput),
    imageOutput: read(tokens.imageOutput ?? (imagesHavePrices ? undefined : tokens.textOutput)),
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

function readImageRate({ usd, size, quality }: ImagePrice): ImageRate {
  return { ...rateOf(parsePrice(usd)), size, quality };
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
