import { formatUsd } from "@darkroom/cost-calculator";
import type { AttemptEvent, EditReport, RouterEvents } from "@darkroom/router";
import { type Logger, pino } from "pino";

/** One answered request, as a line of the log. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly report: EditReport | undefined;
  /** The request whose answer it was given once more. */
  readonly replayOf: string | undefined;
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
      replayOf: line.replayOf,
      group: report?.group,
      deployment: report?.deployment?.id,
      attempts: report?.attempts.length,
      fallbacks: report?.fallbacks,
      dropped: report?.dropped.length ? report.dropped : undefined,
      images: report?.images,
      // Null: no price is known. Absent: nothing was answered.
      costUsd: report?.cost && formatUsd(report.cost.nanoUsd),
      durationMs: Math.round(line.durationMs),
    },
    "request",
  );
}

/** What the router tells on the way, as lines: whatever did not go as it should. */
export function logRouter(log: Logger, events: RouterEvents): void {
  events.on("attempt", (event) => {
    logAttempt(log, event);
  });
  events.on("fallback", ({ requestId, from, to, reason }) => {
    log.warn({ requestId, group: from, fallback: to, reason }, "fallback");
  });
  events.on("passedOver", ({ requestId, group, refusal: { code, field } }) => {
    log.info({ requestId, group, reason: code, field }, "passed over: no deployment can take the edit");
  });
  events.on("wait", ({ requestId, group, deployment, waitMs }) => {
    log.info({ requestId, group, deployment: deployment.id, waitMs: Math.round(waitMs) }, "wait");
  });
  events.on("queued", ({ requestId, group, reason }) => {
    log.info({ requestId, group, reason }, "waits for room");
  });
  events.on("limitDiffers", ({ quota, dimension, configured, told }) => {
    const meaning = told < configured ? "which holds" : "and more could be configured";
    log.warn(
      { quota, of: dimension, configured: Number(configured), told: Number(told) },
      `the upstream has another limit than is configured, ${meaning}`,
    );
  });
  events.on("organizationShared", ({ organization, model, quotas }) => {
    log.warn(
      { organization, model, quotas },
      "these quotas are of one organisation, which limits both together: give their deployments one `quota`",
    );
  });
  events.on("retryRefused", ({ requestId, group, reason }) => {
    log.warn({ requestId, group, reason }, "retry refused: the group has made as many as it may");
  });
  events.on("cooldownBegan", ({ deployment, cause, reason, durationMs }) => {
    const { id, group } = deployment;
    log.warn({ group, deployment: id, cause, reason, durationMs: Math.round(durationMs) }, "cooldown began");
  });
  events.on("cooldownEnded", ({ deployment: { id, group } }) => {
    log.info({ group, deployment: id }, "cooldown ended");
  });
}

/** Attempts that failed get a line each; one that succeeded is told by its request's. */
function logAttempt(log: Logger, event: AttemptEvent): void {
  if (event.succeeded) return;
  log.warn(
    {
      requestId: event.requestId,
      group: event.group,
      deployment: event.deployment.id,
      reason: event.reason,
      error: event.verdict?.errorClass,
      billed: event.verdict?.billed,
      upstreamRequestId: event.upstreamRequestId,
      durationMs: Math.round(event.durationMs),
    },
    "attempt failed",
  );
}
