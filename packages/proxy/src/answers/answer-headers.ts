import { formatUsd } from "@darkroom/cost-calculator";
import type { AnswerHead, AttemptReport, Deployment, EditReport } from "@darkroom/router";

/** Header names and values in turn: Node sends such a list as it is, and looks at each header of an object on its own. */
export type HeaderList = string[];

/** How long the gateway had a request, so far. */
export interface Timing {
  /** From the request's headers to now, in milliseconds. */
  readonly durationMs: number;
  /** Of that, waiting for the client to go on sending its body. */
  readonly pausesMs: number;
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
export function reportHeaders(report: EditReport, timing: Timing): HeaderList {
  const { deployment, cost, dropped, attempts } = report;
  const list = [
    "x-litellm-model-group",
    headerText(report.group),
    "x-litellm-attempted-retries",
    String(report.retries),
    "x-litellm-attempted-fallbacks",
    String(report.fallbacks),
    "x-litellm-response-duration-ms",
    timing.durationMs.toFixed(3),
    "x-litellm-overhead-duration-ms",
    overheadMs(report, timing).toFixed(3),
  ];
  if (deployment !== undefined) {
    const id = headerText(deployment.id);
    list.push("x-litellm-model-id", id);
    list.push("x-litellm-model-api-base", shownApiBase(deployment));
    list.push("x-darkroom-deployment", id);
  }
  if (cost !== undefined && cost !== null) list.push("x-litellm-response-cost", formatUsd(cost.nanoUsd));
  if (dropped.length > 0) list.push("x-darkroom-dropped", dropped.join(", "));
  if (attempts.some(({ succeeded }) => !succeeded)) {
    list.push("x-darkroom-attempts", attempts.map(attemptText).join(", "));
  }
  return list;
}

/** The upstream's own headers: those about the bytes as they are, all under `llm_provider-`. */
export function upstreamHeaders({ headers }: AnswerHead): HeaderList {
  const list: HeaderList = [];
  for (const name of ofTheBytes) {
    const value = headers[name];
    if (typeof value === "string") list.push(name, value);
  }
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !notPassedOn.has(name)) list.push(`llm_provider-${name}`, value.toString());
  }
  return list;
}

/** What is left of the duration without waiting: for the client to send, the upstream, the next try. */
function overheadMs(report: EditReport, { durationMs, pausesMs }: Timing): number {
  return Math.max(0, durationMs - pausesMs - report.upstreamMs - report.waitedMs);
}

/** `primary: 500 server_error`; the group is not told, since deployments' ids are unique. */
function attemptText({ deployment, succeeded, reason }: AttemptReport): string {
  return `${headerText(deployment.id)}: ${succeeded ? "ok" : (reason ?? "failed")}`;
}

/** Names from the configuration may be in any script, which no header takes: then they are percent-encoded. */
function headerText(text: string): string {
  return /[^\x20-\x7e]/.test(text) ? encodeURIComponent(text) : text;
}

const shownApiBases = new WeakMap<Deployment, string>();

/** Without what may be secret in a URL: user, password and query. */
function shownApiBase(deployment: Deployment): string {
  let shown = shownApiBases.get(deployment);
  if (shown === undefined) {
    const { origin, pathname } = new URL(deployment.apiBase);
    shown = `${origin}${pathname}`;
    shownApiBases.set(deployment, shown);
  }
  return shown;
}
