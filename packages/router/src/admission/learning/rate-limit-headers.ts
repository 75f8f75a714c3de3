import type { IncomingHttpHeaders } from "node:http";

/** What an upstream limits by the minute, in its own words. */
export type ToldResource = "requests" | "tokens" | "images" | "input-images";

export const toldResources: readonly ToldResource[] = ["requests", "tokens", "images", "input-images"];

/** What an answer says of one limit; what it does not say, or not in a form that can be read, is absent. */
export interface ToldLimit {
  readonly limit?: number;
  readonly remaining?: number;
  /** Milliseconds until nothing of the limit is used any more. */
  readonly resetMs?: number | undefined;
}

/** Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens,images,input-images}`. */
export function toldLimits(headers: IncomingHttpHeaders): ReadonlyMap<ToldResource, ToldLimit> {
  const told = new Map<ToldResource, ToldLimit>();
  for (const resource of toldResources) {
    const read = (what: string): string | undefined => headers[`x-ratelimit-${what}-${resource}`]?.toString();
    const limit = wholeNumber(read("limit"));
    // Some servers write so where there is no limit.
    if (limit === 0) continue;
    const remaining = wholeNumber(read("remaining"));
    const resetMs = goDurationMs(read("reset"));
    if (limit === undefined && remaining === undefined) continue;
    told.set(resource, {
      ...(limit !== undefined && { limit }),
      ...(remaining !== undefined && { remaining }),
      ...(resetMs !== undefined && { resetMs }),
    });
  }
  return told;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

const unitMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** A duration as Go prints it, in milliseconds: `120ms`, `1s`, `6m0s`, `1m0.5s`. */
export function goDurationMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d{1,9}(\.\d{1,9})?(h|ms|m|s)){1,4}$/.test(text.trim())) return undefined;
  let sumMs = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s)/g)) {
    sumMs += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return sumMs;
}
