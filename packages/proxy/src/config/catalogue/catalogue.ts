import { isSlip } from "./nearest.js";
import { priceSettings } from "./price-settings.js";

/**
 * What becomes of each setting of one section that LiteLLM knows.
 *
 * The lists are data to be read: a setting that Darkroom learns moves from one list to another.
 */
export interface Catalogue {
  /** Works as in LiteLLM, or is Darkroom's own. */
  readonly supported: readonly string[];
  /** Accepted in silence: it changes nothing that Darkroom does, or Darkroom always does so. */
  readonly harmless: readonly string[];
  /** Accepted and without effect; all such settings of a file are named in one warning. */
  readonly lacking: readonly string[];
  /** Lacking too, but going on without it would spend, serve or admit more than the operator allows: stops the start. */
  readonly restricting: {
    readonly money: readonly string[];
    readonly rate: readonly string[];
    readonly access: readonly string[];
  };
  /** Values with which a lacking or restricting setting asks for nothing that is missing. */
  readonly inert?: Readonly<Record<string, readonly string[]>>;
  /** Lacking settings that restrict with these values. */
  readonly restrictingValues?: Readonly<Record<string, readonly string[]>>;
}

export type Restriction = keyof Catalogue["restricting"];

export const restrictions: readonly Restriction[] = ["money", "rate", "access"];

export type Standing = "supported" | "harmless" | "lacking" | Restriction | "unknown";

const price = /^(input|output|cache_read|cache_creation)_\w*cost\w*$/;

/** Prices of what image edits do not charge for: LiteLLM has some thirty of these names and adds to them. */
function isOtherPrice(name: string): boolean {
  return price.test(name) && !priceSettings.some((known) => isSlip(name, known));
}

export function standingOf(catalogue: Catalogue, name: string): Standing {
  if (catalogue.supported.includes(name)) return "supported";
  if (catalogue.harmless.includes(name)) return "harmless";
  if (catalogue.lacking.includes(name) || isOtherPrice(name)) return "lacking";
  return restrictions.find((kind) => catalogue.restricting[kind].includes(name)) ?? "unknown";
}

export function namesOf(catalogue: Catalogue): string[] {
  const { supported, harmless, lacking, restricting } = catalogue;
  return [...supported, ...harmless, ...lacking, ...restrictions.flatMap((kind) => restricting[kind])];
}
