/** Prices by model name. The list prices and some of your own: `withPrices(listPrices, yours)`. */
export type PriceTable = ReadonlyMap<string, ModelPrices>;

/** Where prices are looked up: a table, or what answers for models that nobody listed. */
export type PriceLookup = Pick<PriceTable, "get">;

/**
 * What is known of one model's prices. Complete usage wins over prices of images, unless the tokens of a returned image
 * have no price.
 */
export interface ModelPrices {
  readonly tokens?: TokenPrices;
  readonly images?: readonly ImagePrice[];
  /** US dollars for one pixel of a returned image, as a decimal string; where none of `images` fits. */
  readonly usdPerPixel?: string;
  /**
   * US dollars that an edit costs at most for each image it returns, everything included, as a decimal string: what is
   * reserved where no formula tells more.
   */
  readonly estimateCeilingUsd?: string;
}

/**
 * US dollars for ONE token, as decimal strings: five dollars a million is `"5e-06"`, and `"0"` is free. A token whose
 * price is absent, and stands in for no other, has no known price.
 */
export interface TokenPrices {
  readonly textInput?: string;
  /** Absent: as `textInput`, that is without a discount. */
  readonly cachedTextInput?: string;
  /** Absent: as `textInput`. */
  readonly imageInput?: string;
  /** Absent: as `imageInput`, that is without a discount. */
  readonly cachedImageInput?: string;
  /** Absent: as `textOutput`; where a returned image has a price, that price is the whole cost. */
  readonly imageOutput?: string;
  /** Absent: as `imageOutput`, since a model that sells no text may not give it away. */
  readonly textOutput?: string;
  readonly source?: PriceSource;
}

/** US dollars for one returned image, as a decimal string; the tokens of prompt and input images are not in it. */
export interface ImagePrice {
  readonly usd: string;
  /** `"1024x1536"`; absent: holds for the sizes that have no price of their own. */
  readonly size?: string;
  /** `"low"`, `"medium"`, `"high"`; absent: holds for the qualities that have no price of their own. */
  readonly quality?: string;
  readonly source?: PriceSource;
}

export interface PriceSource {
  readonly from: string;
  /** The day (or month) of the copy the price was read in. */
  readonly date: string;
  /** Why the price may be wrong, if there is a reason to think so. */
  readonly doubt?: string;
}

/**
 * The prices of a model: under its own name; without the prefix `openai/` or `azure/`, as the two sell at the same
 * prices; or as a dated snapshot (`gpt-image-2-2026-04-21`) under the name of its family.
 */
export function pricesOf(model: string, table: PriceLookup): ModelPrices | undefined {
  const exact = table.get(model);
  if (exact !== undefined) return exact;
  const name = model.replace(/^(openai|azure)\//, "");
  return table.get(name) ?? table.get(withoutDate(name));
}

/** What two sources say of one model: all prices of images, and of the others those of the second where both have them. */
export function together(known: ModelPrices | undefined, more: ModelPrices): ModelPrices {
  const images = [...(known?.images ?? []), ...(more.images ?? [])];
  return { ...known, ...more, ...(images.length > 0 && { images }) };
}

export function withoutDate(model: string): string {
  return model.replace(/-\d{4}-\d{2}-\d{2}$/, "");
}
