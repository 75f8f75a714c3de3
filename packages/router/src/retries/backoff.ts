import type { IncomingHttpHeaders } from "node:http";

/** First and longest wait before the same deployment is called again; OpenAI's own clients use the same two. */
const firstMs = 500;
const longestMs = 8_000;

/** The longest that the wait before a retry can be, where the upstream asks for none. */
export function longestBackoffMs(retry: number): number {
  return Math.min(firstMs * 2 ** retry, longestMs);
}

/**
 * Milliseconds before the same deployment may be called again: full jitter, a random share of an exponentially growing wait
 * (gRPC's proposal A6), and never less than `leastMs`.
 */
export function backoffMs(retry: number, leastMs: number, random: () => number): number {
  return Math.max(leastMs, random() * longestBackoffMs(retry));
}

/** Reads `retry-after-ms`, else `retry-after` in seconds or as a date. */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const milliseconds = Number.parseFloat(headers["retry-after-ms"]?.toString() ?? "");
  if (milliseconds >= 0 && Number.isFinite(milliseconds)) return milliseconds;
  const retryAfter = headers["retry-after"];
  if (retryAfter === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(retryAfter)) return Number.parseFloat(retryAfter) * 1000;
  const dateMs = Date.parse(retryAfter);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
