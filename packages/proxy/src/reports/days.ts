import { z } from "zod";

/*
 * Reports are of whole days, by UTC, as the upstreams' own bills are: from the first to the last one that is named.
 */

const dayMs = 86_400_000;

/** `2026-11-28`. */
export const day = z
  .string({ error: "expected a day such as 2026-11-28" })
  .refine(isDay, { error: "expected a day such as 2026-11-28" });

export const month = z
  .string({ error: "expected a month such as 2026-11" })
  .refine((text) => /^\d{4}-\d\d$/.test(text) && isDay(`${text}-01`), {
    error: "expected a month such as 2026-11",
  });

export interface Days {
  readonly from: string;
  /** The first one that is not meant. */
  readonly until: string;
}

/** @param last is meant as well */
export function daysFrom(first: string, last: string): Days {
  return { from: first, until: dayAfter(last) };
}

/** The last 30 days, today included: what LiteLLM's sums without dates are of. */
export function lastDays(nowMs: number, count = 30): Days {
  return { from: dayAt(nowMs - (count - 1) * dayMs), until: dayAt(nowMs + dayMs) };
}

export function daysOfMonth(text: string): Days {
  const first = new Date(`${text}-01`);
  return {
    from: dayAt(first.getTime()),
    until: dayAt(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1)),
  };
}

export function dayAfter(text: string): string {
  return dayAt(Date.parse(text) + dayMs);
}

export function dayAt(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const ms = Date.parse(text);
  // 2026-02-30 is no day, though JavaScript would take it for one of March.
  return !Number.isNaN(ms) && dayAt(ms) === text;
}
