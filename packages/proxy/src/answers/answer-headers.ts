import { formatUsd } from "@darkroom/cost-calculator";
import type { AnswerHead, AttemptReport, EditReport } from "@darkroom/router";

/** How long the gateway had a request, so far. */
export interface Timing {
  /** From the request's headers to now, in milliseconds. */
  readonly durationMs: number;
  /** Of that, waiting for the client to send its body. */
  readonly uploadMs: number;
}

/** What belongs to one connection or one message, and is never passed on (RFC 9110, section 7.6.1), and cookies. */
const notPassedOn: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers about the answer's bytes, which stay what they are. */
const ofTheBytes = ["content-type", "content-encoding"];

/** What an edit came to, in LiteLLM's headers and our own. A cost that is not known is left out, as LiteLLM does. */
export function reportHeaders(report: EditReport, timing: Timing): Record<string, string> {
  const { deployment, cost, dropped } = report;
  return {
    "x-litellm-model-group": report.group,
    "x-litellm-attempted-retries": String(report.retries),
    "x-litellm-attempted-fallbacks": String(report.fallbacks),
    ...timingHeaders(report, timing),
    ...(deployment === undefined
      ? {}
      : {
          "x-litellm-model-id": deployment.id,
          "x-litellm-model-api-base": shownApiBase(deployment.apiBase),
          "x-darkroom-deployment": deployment.id,
        }),
    ...(cost === undefined || cost === null ? {} : { "x-litellm-response-cost": formatUsd(cost.nanoUsd) }),
    ...(dropped.length === 0 ? {} : { "x-darkroom-dropped": dropped.join(", ") }),
    ...(report.attempts.some((attempt) => !attempt.succeeded)
      ? { "x-darkroom-attempts": report.attempts.map(attemptText).join(", ") }
      : {}),
  };
}

/** The upstream's own headers: those about the bytes as they are, all under `llm_provider-`. */
export function upstreamHeaders(head: AnswerHead): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of ofTheBytes) {
    const value = head.headers[name];
    if (value !== undefined) result[name] = value;
  }
  for (const [name, value] of Object.entries(head.headers)) {
    if (!notPassedOn.has(name)) result[`llm_provider-${name}`] = value;
  }
  return result;
}

/** The overhead is what is left of the duration without waiting: for the client's upload, the upstream, the next try. */
function timingHeaders(report: EditReport, { durationMs, uploadMs }: Timing): Record<string, string> {
  const overheadMs = Math.max(0, durationMs - uploadMs - report.upstreamMs - report.waitedMs);
  return {
    "x-litellm-response-duration-ms": durationMs.toFixed(3),
    "x-litellm-overhead-duration-ms": overheadMs.toFixed(3),
  };
}

/** `primary: 500 server_error`; the group is not told, since deployments' ids are unique. */
function attemptText({ deployment, succeeded, reason }: AttemptReport): string {
  return `${deployment.id}: ${succeeded ? "ok" : (reason ?? "failed")}`;
}

/** Without what may be secret in a URL: user, password and query. */
function shownApiBase(apiBase: string): string {
  const url = new URL(apiBase);
  return `${url.origin}${url.pathname}`;
}
