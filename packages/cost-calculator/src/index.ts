export { type EditCost, type FinishedEdit, costOfEdit } from "./cost.js";
export { type NanoUsd, formatUsd } from "./money.js";
export { listPrices } from "./prices/list-prices.js";
export type { ImagePrice, ModelPrices, PriceSource, PriceTable, TokenPrices } from "./prices/price-table.js";
export type { ImageUsage } from "./usage.js";
