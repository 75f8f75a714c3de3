import type { RouterError } from "@darkroom/router";
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
