import {
  type ModelPrices,
  PriceError,
  type PriceLookup,
  listPrices,
  modelPricesFrom,
  pricesOf,
  withOverrides,
} from "@darkroom/cost-calculator";
import { type PriceSetting, priceSettings } from "../catalogue/price-settings.js";
import type { Findings, KeyPath } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import type { EntrySettings } from "../settings/schema.js";

/** An entry of `model_list` as far as its prices go. */
export interface PricedEntry {
  readonly settings: EntrySettings;
  /** Where it stands. */
  readonly path: KeyPath;
  readonly resolved: Located;
  /** The model that is called upstream. */
  readonly model: string;
  /** The prices of all deployments: the price map's over the list prices; absent without a price map. */
  readonly shared: PriceLookup | undefined;
}

/**
 * What the edits of an entry cost: its own prices, where it has some, over those of all deployments; `undefined` where
 * the list prices hold as they are. A price that cannot be meant is a problem, told where it stands.
 */
export function deploymentPrices(entry: PricedEntry, findings: Findings): PriceLookup | undefined {
  const own = ownPrices(entry, findings);
  if (own === undefined) return entry.shared;
  const base = entry.shared ?? listPrices;
  warnOfListedImages(entry, own, base, findings);
  return new OverriddenPrices(base, own);
}

/** The model whose prices hold, where it is not the one that is called (`base_model`). */
export function baseModelOf({ litellm_params: params, model_info: info }: EntrySettings): string | undefined {
  return params.base_model ?? info?.base_model;
}

/** One set of prices over those of every model: what a wildcard serves is known only when a client names it. */
class OverriddenPrices implements PriceLookup {
  /** By what they replace: clients may name many models, but those with prices are few. */
  readonly #replaced = new Map<ModelPrices | undefined, ModelPrices>();

  constructor(
    private readonly base: PriceLookup,
    private readonly own: ModelPrices,
  ) {}

  get(model: string): ModelPrices {
    const listed = pricesOf(model, this.base);
    const known = this.#replaced.get(listed);
    if (known !== undefined) return known;
    const prices = withOverrides(listed, this.own);
    this.#replaced.set(listed, prices);
    return prices;
  }
}

function ownPrices({ settings, path, resolved }: PricedEntry, findings: Findings): ModelPrices | undefined {
  const { litellm_params: params, model_info: info } = settings;
  const own = new Map<string, string>();
  for (const name of priceSettings) {
    const value = params[name] ?? info?.[name];
    if (value !== undefined) own.set(name, value);
  }
  if (own.size === 0) return undefined;
  try {
    return modelPricesFrom(Object.fromEntries(own));
  } catch (error) {
    if (!(error instanceof PriceError)) throw error;
    const section = params[error.path[0] as PriceSetting] === undefined ? "model_info" : "litellm_params";
    const where = [...path, section, ...error.path];
    findings.problem(positionOf(resolved, where), where, error.message);
    return undefined;
  }
}

/** LiteLLM takes a price of text for images too where there is no other; here the list's goes on, and somebody may not expect it. */
function warnOfListedImages(
  { settings, path, resolved, model: called }: PricedEntry,
  { tokens: own = {} }: ModelPrices,
  base: PriceLookup,
  findings: Findings,
): void {
  const model = baseModelOf(settings) ?? called;
  const listed = pricesOf(model, base);
  const { file, line, column } = positionOf(resolved, path);
  for (const [text, image, setting] of [
    ["textInput", "imageInput", "input_cost_per_image_token"],
    ["textOutput", "imageOutput", "output_cost_per_image_token"],
  ] as const) {
    const kept = listed?.tokens?.[image];
    if (own[text] === undefined || own[image] !== undefined || kept === undefined) continue;
    findings.warn(
      `${file}:${line}:${column}: an image token of ${model} goes on costing $${kept}, since ${setting} is not set beside the price of text`,
    );
  }
}
