import { type ExactUsd, type NanoUsd, isMore, parsePrice, plus, times, toNanoUsd, zeroUsd } from "./money.js";
import { listPrices } from "./prices/list-prices.js";
import { type ImagePrice, type PriceTable, type TokenPrices, pricesOf } from "./prices/price-table.js";
import { type ChargedTokens, chargedTokens } from "./usage.js";

/** What came back from an edit, as far as its price depends on it. */
export interface FinishedEdit {
  /** The model that was called upstream; a prefix `openai/` and a dated snapshot are understood. */
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

export interface EditCost {
  readonly nanoUsd: NanoUsd;
  /** `usage`: by the tokens the upstream counted. `images`: by the price of an image, since no usage could be priced. */
  readonly basis: "usage" | "images";
}

/** One line of the sum: so many of something at a price in dollars each. */
interface CostLine {
  readonly count: number;
  readonly usd: string;
}

/**
 * The cost of a finished edit: by its usage when that is complete and the model has prices for tokens, else by its
 * images. All sums are exact; the total is rounded once, half up, to a nano-dollar.
 *
 * Where the price of an image depends on a size or quality that nobody resolved, the dearest price that fits is taken,
 * so that a budget is never undercharged. A size or quality that is named but has no price is unknown.
 *
 * @returns `null` when no price is known, which is not the same as a cost of zero.
 * @throws RangeError when `images` is no count, or a price of the table is no decimal number.
 */
export function costOfEdit(edit: FinishedEdit, prices: PriceTable = listPrices): EditCost | null {
  if (!Number.isSafeInteger(edit.images) || edit.images < 0) {
    throw new RangeError(
      `The number of images must be 0 or a whole number above it, not ${String(edit.images)}`,
    );
  }
  const model = pricesOf(edit.model, prices);
  const tokens = chargedTokens(edit.usage);
  if (model?.tokens !== undefined && tokens !== null) {
    return { nanoUsd: sumOf(tokenLines(tokens, model.tokens)), basis: "usage" };
  }
  const usd = dearest((model?.images ?? []).filter((price) => fits(price, edit)));
  return usd === undefined ? null : { nanoUsd: sumOf([{ count: edit.images, usd }]), basis: "images" };
}

function tokenLines(tokens: ChargedTokens, prices: TokenPrices): CostLine[] {
  const imageInput = prices.imageInput ?? prices.textInput;
  return [
    { count: tokens.textInput, usd: prices.textInput },
    { count: tokens.cachedTextInput, usd: prices.cachedTextInput ?? prices.textInput },
    { count: tokens.imageInput, usd: imageInput },
    { count: tokens.cachedImageInput, usd: prices.cachedImageInput ?? imageInput },
    { count: tokens.imageOutput, usd: prices.imageOutput },
    { count: tokens.textOutput, usd: prices.textOutput ?? prices.imageOutput },
  ];
}

function sumOf(lines: readonly CostLine[]): NanoUsd {
  return toNanoUsd(lines.reduce((sum, line) => plus(sum, times(parsePrice(line.usd), line.count)), zeroUsd));
}

function fits(price: ImagePrice, edit: FinishedEdit): boolean {
  const size = price.size === undefined || isUnresolved(edit.size) || price.size === edit.size;
  const quality = price.quality === undefined || isUnresolved(edit.quality) || price.quality === edit.quality;
  return size && quality;
}

/** `standard` is DALL·E's only quality and no GPT model's: there it says as little as `auto`. */
function isUnresolved(value: string | undefined): boolean {
  return value === undefined || value === "" || value === "auto" || value === "standard";
}

function dearest(prices: readonly ImagePrice[]): string | undefined {
  let found: { usd: string; exact: ExactUsd } | undefined;
  for (const { usd } of prices) {
    const exact = parsePrice(usd);
    if (found === undefined || isMore(exact, found.exact)) found = { usd, exact };
  }
  return found?.usd;
}
