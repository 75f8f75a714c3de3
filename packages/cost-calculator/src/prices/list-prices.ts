import { createRequire } from "node:module";
import { readPriceList } from "./price-list.js";

// Not an import: Node 20 warns of every JSON module. From dist and src alike, the file is the one of the package.
const listed = readPriceList(createRequire(import.meta.url)("../../prices.json"));

/** The published list prices: `prices.json` of this package. */
export const listPrices = listed.prices;

/** Names the state of the list prices, so that a cost can be told by which prices it was reckoned. */
export const listPricesVersion = listed.version;
