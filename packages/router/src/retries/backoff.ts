import type { IncomingHttpHeaders } from "node:http";

/** First and longest wait before the same deployment is called again; OpenAI's own clients use the same two. */
const firstMs = 500;
const longestMs = 8_000;
/** A longer `retry-after` is not waited for in a request: that deployment is left alone instead. */
const longestRetryAfterMs = 60_000;

/**
 * Milliseconds to wait before calling the same deployment again: full jitter (a random share of an exponentially growing
 * wait, as in gRPC's proposal A6), never less than what the upstream asked for. Undefined if it asked for too much.
 */
export function backoffMs(
  retry: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number | undefined {
  if (retryAfterMs !== undefined && retryAfterMs > longestRetryAfterMs) return undefined;
  const jittered = random() * Math.min(firstMs * 2 ** retry, longestMs);
  return Math.max(jittered, retryAfterMs ?? 0);
}

/** Reads `retry-after-ms`, else `retry-after` in seconds or as a date. */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const milliseconds = Number.parseFloat(headers["retry-after-ms"]?.toString() ?? "");
  if (milliseconds >= 0) return milliseconds;
  const retryAfter = headers["retry-after"];
  if (retryAfter === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(retryAfter)) return Number.parseFloat(retryAfter) * 1000;
  const dateMs = Date.parse(retryAfter);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
