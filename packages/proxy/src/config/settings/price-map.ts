import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import {
  PriceError,
  type PriceTable,
  type SkippedEntry,
  listPrices,
  readPriceFile,
  withPrices,
} from "@darkroom/cost-calculator";
import { Findings, type KeyPath, type Position } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import { readYamlFile } from "../file/yaml-file.js";
import type { FileSettings } from "./schema.js";

const setting: KeyPath = ["general_settings", "price_map"];

/** How many entries that could not be used are named in a warning: LiteLLM's map has thousands of entries. */
const mostNamed = 5;

/**
 * The list prices with those of `general_settings.price_map` over them; `undefined` without that setting. The file lies
 * beside the one that names it.
 */
export function sharedPrices(
  { general_settings: { price_map: name } }: FileSettings,
  root: Located,
  findings: Findings,
): PriceTable | undefined {
  if (name === undefined) return undefined;
  const at = positionOf(root, setting);
  const file = isAbsolute(name) ? name : join(dirname(at.file), name);
  const value = jsonIn(file, at, findings);
  if (value === undefined) return undefined;
  try {
    const { prices, skipped } = readPriceFile(value);
    tellOf(skipped, file, findings);
    return withPrices(listPrices, prices);
  } catch (error) {
    if (!(error instanceof PriceError)) throw error;
    findings.problem(placesIn(file)(error.path), [], error.message);
    return undefined;
  }
}

/** A price that cannot be meant is a problem; of entries without a price, a few are named in a warning. */
function tellOf(skipped: readonly SkippedEntry[], file: string, findings: Findings): void {
  const mistakes = skipped.filter(({ mistake }) => mistake !== undefined);
  const placeOf = mistakes.length > 0 ? placesIn(file) : undefined;
  for (const { name, mistake = "", reason } of mistakes) {
    findings.problem(placeOf?.([name, mistake]) ?? { file }, [], `${name}: ${reason}`);
  }
  const names = skipped.filter(({ mistake }) => mistake === undefined).map(({ name }) => name);
  if (names.length === 0) return;
  const others = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  findings.warn(
    `${file}: no price of an image could be read from ${names.slice(0, mostNamed).join(", ")}${others}`,
  );
}

/** JSON is YAML too, and only the reader of YAML knows lines: of a large file it takes seconds, which a mistake is worth. */
function placesIn(file: string): (path: KeyPath) => Position | { readonly file: string } {
  const root = readYamlFile(file, new Findings());
  return (path) => (root === undefined ? { file } : positionOf(root, path));
}

function jsonIn(file: string, at: Position, findings: Findings): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? "is not valid JSON" : `cannot be read: ${code}`;
    findings.problem(at, setting, `${file} ${reason}`);
    return undefined;
  }
}
