import { nanoUsdOf } from "../dollars.js";

/** What the gateway has written down of one request. */
export interface LoggedRequest {
  readonly nanoUsd: bigint | undefined;
  /** The upstream's id of each attempt that failed; undefined where no answer had begun. */
  readonly failedAttempts: readonly (string | undefined)[];
}

interface LogLine {
  readonly msg: string;
  readonly requestId: string;
  /** Null where no price is known. */
  readonly costUsd?: string | null;
  readonly upstreamRequestId?: string;
}

/** The requests of a gateway's log that it has finished, by its own id. */
export function loggedRequests(lines: readonly string[]): Map<string, LoggedRequest> {
  const failed = new Map<string, (string | undefined)[]>();
  const requests = new Map<string, LoggedRequest>();
  for (const line of lines.filter((text) => text.startsWith("{"))) {
    const { msg, requestId, costUsd, upstreamRequestId } = JSON.parse(line) as LogLine;
    const failedAttempts = failed.get(requestId) ?? [];
    failed.set(requestId, failedAttempts);
    if (msg === "attempt failed") failedAttempts.push(upstreamRequestId);
    if (msg === "request") {
      const isKnown = costUsd !== undefined && costUsd !== null;
      requests.set(requestId, { failedAttempts, nanoUsd: isKnown ? nanoUsdOf(costUsd) : undefined });
    }
  }
  return requests;
}
