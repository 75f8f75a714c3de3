import { formatUsd } from "@darkroom/cost-calculator";
import type { AttemptEvent, EditReport } from "@darkroom/router";
import { type Logger, pino } from "pino";

/** One answered request, as a line of the log. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly report: EditReport | undefined;
  /** Why it was refused or failed; never the client's own words. */
  readonly reason: string | undefined;
}

/** A write costs as much as all the rest of a line: lines are gathered, but nobody who watches should wait for them. */
const gatheredBytes = 4096;
const longestWaitMs = 100;

/** JSON lines on standard error, so that standard output stays free for what a command prints. Nothing secret, no image, no prompt. */
export function createLog(level: string): Logger {
  const destination = { fd: 2, sync: false, minLength: gatheredBytes, periodicFlush: longestWaitMs };
  return pino({ level, base: null }, pino.destination(destination));
}

/** What is undefined is left out of the line. */
export function logRequest(log: Logger, line: RequestLine): void {
  const { report } = line;
  log.info(
    {
      requestId: line.requestId,
      method: line.method,
      route: line.route,
      status: line.status,
      reason: line.reason,
      group: report?.group,
      deployment: report?.deployment?.id,
      attempts: report?.attempts.length,
      fallbacks: report?.fallbacks,
      images: report?.images,
      // Null: no price is known. Absent: nothing was answered.
      costUsd: report?.cost && formatUsd(report.cost.nanoUsd),
      durationMs: Math.round(line.durationMs),
    },
    "request",
  );
}

/** Attempts that failed get a line each; one that succeeded is told by its request's. */
export function logAttempt(log: Logger, event: AttemptEvent): void {
  if (event.succeeded) return;
  log.warn(
    {
      requestId: event.requestId,
      group: event.group,
      deployment: event.deployment.id,
      reason: event.reason,
      upstreamRequestId: event.upstreamRequestId,
      durationMs: Math.round(event.durationMs),
    },
    "attempt failed",
  );
}
