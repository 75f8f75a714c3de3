import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  PriceError,
  type PriceTable,
  listPrices,
  readPriceFile,
  withPrices,
} from "@darkroom/cost-calculator";
import type { Findings, KeyPath, Position } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import type { FileSettings } from "./schema.js";

const path: KeyPath = ["general_settings", "price_map"];

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
  const at = positionOf(root, path);
  const value = jsonIn(name, at, findings);
  if (value === undefined) return undefined;
  try {
    const { prices, skipped } = readPriceFile(value);
    for (const { name: entry, reason, isMistake } of skipped) {
      if (isMistake) findings.problem(at, path, `${name}: ${entry}: ${reason}`);
    }
    warnOf(
      skipped.filter(({ isMistake }) => !isMistake).map((it) => it.name),
      name,
      findings,
    );
    return withPrices(listPrices, prices);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof PriceError)) throw error;
    findings.problem(at, path, `${name}: ${error.message}`);
    return undefined;
  }
}

function jsonIn(name: string, at: Position, findings: Findings): unknown {
  try {
    return JSON.parse(readFileSync(resolve(dirname(at.file), name), "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? "is not valid JSON" : `cannot be read: ${code}`;
    findings.problem(at, path, `${name} ${reason}`);
    return undefined;
  }
}

function warnOf(names: readonly string[], file: string, findings: Findings): void {
  if (names.length === 0) return;
  const others = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  findings.warn(
    `${file}: no price of an image could be read from ${names.slice(0, mostNamed).join(", ")}${others}`,
  );
}
