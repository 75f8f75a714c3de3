export type { Breakdown } from "./breakdown.js";
export { type EditCost, type FinishedEdit, costOfEdit, sumOfCosts } from "./cost.js";
export {
  type EditEstimate,
  type MissingEstimate,
  type PlannedEdit,
  estimateOfEdit,
  missingEstimate,
  mostTokensOfEdit,
} from "./estimate.js";
export { type NanoUsd, formatUsd, parseUsd } from "./money.js";
export { listPrices, listPricesVersion } from "./prices/list-prices.js";
export { withOverrides, withPrices } from "./prices/overrides.js";
export { PriceError, modelPricesFrom } from "./prices/price-fields.js";
export { type PriceFile, readPriceFile } from "./prices/price-file.js";
export { type ImportedPrices, type SkippedEntry, importPriceMap } from "./prices/price-map.js";
export {
  type ImagePrice,
  type ModelPrices,
  type PriceLookup,
  type PriceSource,
  type PriceTable,
  type TokenPrices,
  pricesOf,
} from "./prices/price-table.js";
export { sidesOf } from "./size-and-quality.js";
export type { InputImage } from "./tokens/input-tokens.js";
export { type ChargedTokens, type ImageUsage, chargedTokens } from "./usage.js";
