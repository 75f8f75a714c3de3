/** Prices by model name, as OpenAI spells it. Build a custom one with `new Map([...listPrices, [model, prices]])`. */
export type PriceTable = ReadonlyMap<string, ModelPrices>;

/** What is known of one model's prices; a model may have both kinds, and then complete usage wins. */
export interface ModelPrices {
  readonly tokens?: TokenPrices;
  readonly images?: readonly ImagePrice[];
}

/** US dollars for ONE token, as decimal strings: five dollars a million is `"5e-06"`. */
export interface TokenPrices {
  readonly textInput: string;
  /** Absent: as `textInput`, that is without a discount. */
  readonly cachedTextInput?: string;
  /** Absent: as `textInput`. */
  readonly imageInput?: string;
  /** Absent: as `imageInput`, that is without a discount. */
  readonly cachedImageInput?: string;
  readonly imageOutput: string;
  /** Absent: as `imageOutput`, since a model that sells no text may not give it away. */
  readonly textOutput?: string;
  readonly source?: PriceSource;
}

/** US dollars for one returned image, as a decimal string; the tokens of prompt and input images are not in it. */
export interface ImagePrice {
  readonly usd: string;
  /** `"1024x1536"`; absent: holds for every size. */
  readonly size?: string;
  /** `"low"`, `"medium"`, `"high"`; absent: holds for every quality. */
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
 * The prices of a model: under its own name, without the prefix `openai/`, or as a dated snapshot
 * (`gpt-image-2-2026-04-21`) under the name of its family.
 */
export function pricesOf(model: string, table: PriceTable): ModelPrices | undefined {
  const name = model.replace(/^openai\//, "");
  const family = name.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  return table.get(model) ?? table.get(name) ?? table.get(family);
}
