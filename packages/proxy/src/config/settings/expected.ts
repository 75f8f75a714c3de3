import { lengthMs, parseDuration } from "@darkroom/accounts";
import { formatUsd, parseUsd } from "@darkroom/cost-calculator";
import { largestLimit, routingStrategies } from "@darkroom/router";
import { z } from "zod";

/*
 * The shapes of single settings. Numbers and switches may be text, as they are when they come from an environment
 * variable; LiteLLM (pydantic) reads them so. A setting without a value (`timeout:`) counts as absent, as there.
 *
 * Every message says what is expected; what is there instead, and where, is added by `explain`.
 */

const decimal = z
  .string()
  .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i)
  .transform(Number);

const switches: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

const number = (what: string, fits: (value: number) => boolean) =>
  z
    .union([z.number(), decimal], { error: `expected ${what}` })
    .refine((value) => Number.isFinite(value) && fits(value), { error: `expected ${what}` });

export const numberAbove = (least: number) => number(`a number above ${least}`, (value) => value > least);

export const numberFrom = (least: number) =>
  number(`a number of at least ${least}`, (value) => value >= least);

export const wholeNumberFrom = (least: number) =>
  number(`a whole number of at least ${least}`, (value) => Number.isSafeInteger(value) && value >= least);

/** Far above what any upstream takes, and exact wherever it is counted. */
const highestLimit = 1_000_000_000_000;

/** A limit of something that is counted. */
export const limit = number(
  `a whole number from 1 to ${highestLimit}`,
  (value) => Number.isSafeInteger(value) && value >= 1 && value <= highestLimit,
);

export const onOrOff = z.union(
  [
    z.boolean(),
    z
      .string()
      .transform((text) => switches[text.trim().toLowerCase()])
      .pipe(z.boolean()),
  ],
  { error: "expected true or false" },
);

export const routingStrategy = z.enum(routingStrategies, {
  error: `expected one of ${routingStrategies.join(", ")}`,
});

/** US dollars as text, so that they are exact. YAML reads `4e-05` and `0.04` as numbers, which show their digits again. */
export const price = z.union([z.string(), z.number().transform(String)], {
  error: "expected a price in US dollars",
});

const expectedDollars = `expected US dollars from 0 to ${formatUsd(largestLimit)}, with at most nine decimal places`;

/** US dollars that a budget has, as nano-dollars. */
export const dollars = z
  .union([z.string(), z.number().transform(String)], { error: expectedDollars })
  .transform((written, context): bigint => {
    const nanoUsd = unlessRangeError(() => parseUsd(written));
    if (nanoUsd !== undefined && nanoUsd <= largestLimit) return nanoUsd;
    context.addIssue({ code: "custom", message: expectedDollars });
    return z.NEVER;
  });

const expectedDuration = "expected a duration such as 30m, 24h, 7d, 30d or 1mo";

/** How long a budget holds before it begins anew. */
export const budgetDuration = z
  .string({ error: expectedDuration })
  .refine((written) => unlessRangeError(() => parseDuration(written)) !== undefined, {
    error: expectedDuration,
  });

/** A duration that is no budget's: `30d`, or a number of seconds. In milliseconds. */
export function durationFrom(leastMs: number, least: string) {
  const expected = `expected a duration of at least ${least}, such as 30d`;
  return z
    .union([z.string(), z.number().transform((seconds) => `${seconds}s`)], { error: expected })
    .transform((written, context): number => {
      const duration = unlessRangeError(() => parseDuration(written));
      const ms = duration === undefined ? 0 : lengthMs(duration);
      if (ms >= leastMs) return ms;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    });
}

function unlessRangeError<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export const text = z
  .string({ error: "expected a string" })
  .min(1, { error: "expected a string that is not empty" });

/** Header values may be written as numbers. */
export const headers = z.record(
  z.string(),
  z.union([z.string(), z.number().transform(String)], { error: "expected a string" }),
  { error: "expected a map of header names to values" },
);

export const expectedQuotaName = "expected a name of letters, digits and . _ - / (at most 100)";

/** Fit for a metric's label and a key in Redis; `@` marks quotas that nobody has named. */
export const quotaName = z
  .string({ error: "expected a name" })
  .regex(/^[\w./-]{1,100}$/, { error: expectedQuotaName });

/** A setting that may be left out. */
export const optional = <Shape extends z.ZodType>(shape: Shape) =>
  z.preprocess((value) => value ?? undefined, shape.optional()).optional();
