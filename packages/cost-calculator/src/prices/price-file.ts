import { isPriceList, readPriceList } from "./price-list.js";
import { type ImportedPrices, importPriceMap } from "./price-map.js";

export interface PriceFile extends ImportedPrices {
  /** What the file calls itself; LiteLLM's price map has no version. */
  readonly version: string | undefined;
}

/**
 * Reads a parsed price file: a price list of Darkroom (it has `entries`), else LiteLLM's price map.
 *
 * @throws PriceError as {@link readPriceList} and {@link importPriceMap} do.
 */
export function readPriceFile(value: unknown): PriceFile {
  if (isPriceList(value)) return { ...readPriceList(value), skipped: [] };
  return { ...importPriceMap(value), version: undefined };
}
