import { NoRoomError, type RouterError } from "@darkroom/router";
import { CallerLimitError } from "../budgets/budget-errors.js";
import type { HeaderList } from "./answer-headers.js";

/** Clients do not wait longer: OpenAI's for Node then takes its own, short wait, the one for Python gives up. */
const longestWaitSeconds = 60;

/**
 * Tells the client's own retries what to make of a failure. The gateway has tried what it may, and a second round would
 * multiply that, or pay twice: only a 429 or 503 that says when to come back invites it.
 */
export function retryHeaders({ status, retryAfterMs, mayBeBilled }: RouterError): HeaderList {
  const seconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000);
  const saysWhen = (status === 429 || status === 503) && seconds !== undefined;
  const invites = saysWhen && seconds <= longestWaitSeconds && !mayBeBilled;
  return [
    ...(seconds === undefined ? [] : ["retry-after", String(seconds)]),
    ...(invites ? [] : ["x-should-retry", "false"]),
  ];
}

/** LiteLLM's headers for a rate limit of the caller's own. */
export function callerLimitHeaders(error: RouterError): HeaderList {
  if (!(error instanceof CallerLimitError)) return [];
  const { limitType, limit, remaining, resetAtMs, fitsInMs } = error;
  const isOpenAis = limitType !== "concurrent_requests";
  return [
    "rate_limit_type",
    limitType,
    ...(resetAtMs === undefined ? [] : ["reset_at", new Date(resetAtMs).toISOString()]),
    ...(isOpenAis ? [`x-ratelimit-limit-${limitType}`, String(limit)] : []),
    ...(isOpenAis ? [`x-ratelimit-remaining-${limitType}`, String(remaining)] : []),
    ...(isOpenAis && fitsInMs !== undefined ? [`x-ratelimit-reset-${limitType}`, inSeconds(fitsInMs)] : []),
  ];
}

/** As OpenAI writes it. */
function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`;
}

/** OpenAI's headers for the limit that stands in the way: how much of it is left, and seconds until there will be enough. */
export function rateLimitHeaders(error: RouterError): HeaderList {
  const refusal = error instanceof NoRoomError ? error.noRoom.refusal : undefined;
  const { dimension } = refusal ?? {};
  if (refusal === undefined || dimension === undefined || dimension === "calls") return [];
  const { used, limit, fitsInMs } = refusal;
  const remaining = used < limit ? limit - used : 0n;
  return [
    `x-ratelimit-limit-${dimension}`,
    String(limit),
    `x-ratelimit-remaining-${dimension}`,
    String(remaining),
    ...(fitsInMs === undefined ? [] : [`x-ratelimit-reset-${dimension}`, inSeconds(fitsInMs)]),
  ];
}
