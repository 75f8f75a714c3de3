import { type ModelPrices, type PriceTable, type TokenPrices, pricesOf } from "./price-table.js";

/**
 * A model's prices with some of them replaced. Prices of tokens are replaced one by one, that of cached input together with
 * that of the input; prices of images all at once. Who gives a price for images and none for tokens wants images counted:
 * then the tokens' prices no longer hold.
 */
export function withOverrides(base: ModelPrices | undefined, override: ModelPrices): ModelPrices {
  const givesImages = override.images !== undefined || override.usdPerPixel !== undefined;
  const { images, usdPerPixel } = givesImages ? override : (base ?? {});
  const tokens = mergedTokens(givesImages && override.tokens === undefined ? undefined : base, override);
  const estimateCeilingUsd = override.estimateCeilingUsd ?? base?.estimateCeilingUsd;
  return {
    ...(tokens !== undefined && { tokens }),
    ...(images !== undefined && { images }),
    ...(usdPerPixel !== undefined && { usdPerPixel }),
    ...(estimateCeilingUsd !== undefined && { estimateCeilingUsd }),
  };
}

/** A price table with those of another over it, model by model: those of a price file over the list prices. */
export function withPrices(base: PriceTable, over: PriceTable): PriceTable {
  const merged = new Map(base);
  for (const [model, prices] of over) merged.set(model, withOverrides(pricesOf(model, base), prices));
  return merged;
}

function mergedTokens(base: ModelPrices | undefined, override: ModelPrices): TokenPrices | undefined {
  if (override.tokens === undefined) return base?.tokens;
  const { textInput, imageInput } = override.tokens;
  // The source of the listed prices says nothing of those that replace some of them, nor does a discount on one of them.
  const { source: _source, cachedTextInput, cachedImageInput, ...listed } = base?.tokens ?? {};
  return {
    ...listed,
    ...(textInput === undefined && cachedTextInput !== undefined && { cachedTextInput }),
    ...(imageInput === undefined && cachedImageInput !== undefined && { cachedImageInput }),
    ...override.tokens,
  };
}
