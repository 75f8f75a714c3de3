import { hasControlCharacters, lengthMs, longestId, parseDuration, parseTime } from "@darkroom/accounts";
import { formatUsd, parseUsd } from "@darkroom/cost-calculator";
import { z } from "zod";

/*
 * The values of fields. Numbers and switches may be texts, as in a query, and as LiteLLM (pydantic) takes them. Every message
 * goes on from "Invalid value for 'field': ".
 */

/** More could not be counted exactly in Redis. In dollars. */
const largestBudget = 4_000_000;

/** Dollars, as nano-dollars. A number shows the digits that somebody wrote, and a text has them. */
export const dollars = z
  .union([z.number(), z.string()], { error: "expected dollars" })
  .transform((value, context): bigint => {
    const nanoUsd =
      nanoUsdOf(String(value)) ?? (typeof value === "number" ? nanoUsdOf(withoutNoise(value)) : undefined);
    if (nanoUsd !== undefined && nanoUsd <= BigInt(largestBudget) * 1_000_000_000n) return nanoUsd;
    context.addIssue({
      code: "custom",
      message: `expected dollars from 0 to ${largestBudget}, with at most nine decimal places`,
    });
    return z.NEVER;
  });

function nanoUsdOf(text: string): bigint | undefined {
  try {
    return parseUsd(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What a script has added up of floats: 0.30000000000000004 is 0.3. */
function withoutNoise(value: number): string {
  return String(Number(value.toPrecision(15)));
}

/** As LiteLLM's JSON has them. */
export function inDollars(nanoUsd: bigint): number {
  return Number(formatUsd(nanoUsd));
}

const wholeNumberText = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** What can be counted exactly, with room for sums. */
const largestCount = 1_000_000_000_000_000;

export const count = z
  .union([z.number(), wholeNumberText], { error: "expected a whole number of at least 0" })
  .refine((value) => Number.isSafeInteger(value) && value >= 0 && value <= largestCount, {
    error: `expected a whole number from 0 to ${largestCount}`,
  });

export const onOrOff = z.union(
  [
    z.boolean(),
    z.enum(["true", "false", "True", "False"]).transform((text) => text.toLowerCase() === "true"),
  ],
  { error: "expected true or false" },
);

const longestText = 1_024;

export const text = z
  .string({ error: "expected a text" })
  .max(longestText, { error: `expected at most ${longestText} characters` });

export const id = z
  .string({ error: "expected a text" })
  .min(1, { error: "expected a text that is not empty" })
  .max(longestId, { error: `expected at most ${longestId} characters` })
  .refine((value) => !hasControlCharacters(value), { error: "expected no control characters" });

export const ids = z
  .array(id, { error: "expected a list of texts" })
  .min(1, { error: "expected a list that is not empty" })
  .max(1_000, { error: "expected at most 1000" });

/** Names of models, tags and the like. */
export const names = z
  .array(id, { error: "expected a list of texts" })
  .max(1_000, { error: "expected at most 1000" });

export const duration = z
  .string({ error: "expected a duration such as 30m, 24h, 7d or 1mo" })
  .refine(isDuration, { error: "expected a duration such as 30m, 24h, 7d or 1mo" });

/** An instant: a time (UTC, where it does not say otherwise), or how long from now. */
export const instant = z
  .string({ error: "expected a time, or a duration such as 24h" })
  .refine((value) => isDuration(value) || !Number.isNaN(parseTime(value)), {
    error: "expected a time, or a duration such as 24h",
  });

export function instantFrom(value: string, nowMs: number): number {
  return isDuration(value) ? nowMs + lengthMs(parseDuration(value)) : parseTime(value);
}

export const metadata = z
  .record(z.string(), z.unknown(), { error: "expected an object" })
  .refine((value) => JSON.stringify(value).length <= 65_536, { error: "expected at most 64 KiB" });

export const aliases = z.record(id, id, { error: "expected an object of models by their aliases" });

export const page = {
  page: count.refine((value) => value >= 1, { error: "expected a page from 1" }).default(1),
};

/** How many a page. */
export const pageSize = count
  .refine((value) => value >= 1 && value <= 500, { error: "expected 1 to 500" })
  .default(50);

/** Of lists that are short as a rule, and that LiteLLM gives as a whole. */
export const longPage = {
  ...page,
  page_size: count
    .refine((value) => value >= 1 && value <= 1_000, { error: "expected 1 to 1000" })
    .default(1_000),
};

function isDuration(value: string): boolean {
  try {
    parseDuration(value);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * A record with changes: what is `undefined` stays as it was, what is `null` goes.
 */
export function changed<Value extends object>(
  before: Value,
  changes: { readonly [Name in keyof Value]?: Value[Name] | null | undefined },
): Value {
  const after = Object.fromEntries<unknown>(Object.entries(before));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) Reflect.deleteProperty(after, name);
    else if (value !== undefined) after[name] = value;
  }
  return after as Value;
}

/** What can be empty cannot be taken away. */
export function nothingOf<Value>(value: Value | null | undefined, empty: Value): Value | undefined {
  return value === null ? empty : value;
}

export function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
