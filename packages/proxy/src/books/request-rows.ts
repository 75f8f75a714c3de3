import type { RequestRecord as RequestRow } from "@darkroom/accounts";
import type { EditReport } from "@darkroom/router";

/** A request that has ended, as whoever served it knows it. */
export interface EndedRequest {
  readonly id: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly caller: string;
  readonly route: string;
  /** Undefined where the request was refused before it was read. */
  readonly requestedModel: string | undefined;
  /** What the client was told; 499 where it had gone. */
  readonly status: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Undefined where nothing was tried. */
  readonly report: EditReport | undefined;
  /** Why it was refused or failed. */
  readonly reason: string | undefined;
  /** The request whose answer it was given once more. */
  readonly replayOf: string | undefined;
}

/** A request, as the journal keeps it. */
export function requestRow(request: EndedRequest): RequestRow {
  const { id, startedAtMs, endedAtMs, caller, route, requestedModel = "", status, report, reason } = request;
  const { requestBytes, answerBytes, replayOf } = request;
  const deploymentId = report?.deployment?.id;
  return {
    requestId: id,
    startedAtMs,
    endedAtMs,
    caller,
    route,
    requestedModel,
    ...(report !== undefined && { group: report.group }),
    ...(deploymentId !== undefined && { deploymentId }),
    status,
    attempts: report?.attempts.length ?? 0,
    retries: report?.retries ?? 0,
    fallbacks: report?.fallbacks ?? 0,
    waitedMs: Math.round(report?.waitedMs ?? 0),
    ...waitedFor(report?.waits ?? []),
    upstreamMs: Math.round(report?.upstreamMs ?? 0),
    requestBytes,
    answerBytes,
    images: report?.images ?? 0,
    costNanoUsd: report?.cost === null ? null : (report?.cost?.nanoUsd ?? 0n),
    ...(reason !== undefined && { error: reason }),
    ...(replayOf !== undefined && { replayOf }),
  };
}

/** So long may be what is kept of it; who has waited for more is told of the rest in milliseconds alone. */
const longestWaitedFor = 1_000;

function waitedFor(waits: EditReport["waits"]): { readonly waitedFor?: string } {
  if (waits.length === 0) return {};
  const text = waits.map(({ what, ms }) => `${(ms / 1000).toFixed(3)} s ${what}`).join("; ");
  return { waitedFor: text.slice(0, longestWaitedFor) };
}

/** Nothing was sent for it, nor for another one in its place, so that it cost nothing. */
export function isRefusal({ attempts, status, replayOf }: RequestRow): boolean {
  return attempts === 0 && status >= 400 && replayOf === undefined;
}
