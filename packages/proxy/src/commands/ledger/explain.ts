import {
  type ExplainedAttempt,
  type LedgerReports,
  type LedgerRequest,
  asObject,
  attemptColumns,
  requestColumns,
} from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { CommandError } from "../command-error.js";
import { printable } from "../printable.js";
import { dollars, time } from "./cells.js";

export interface ExplainOptions {
  readonly requestId: string;
  readonly json: boolean;
}

/** `darkroom ledger explain`: what a request waited for, what was tried for it, and what each attempt cost and why. */
export async function explain(reports: LedgerReports, { requestId, json }: ExplainOptions): Promise<string> {
  const found = await reports.explain(requestId);
  if (found === undefined) throw new CommandError(`The ledger has no request '${printable(requestId)}'.`);
  const { request, attempts } = found;
  if (json) {
    return JSON.stringify({
      ...asObject(requestColumns, request),
      attempts: attempts.map((attempt) => ({
        ...asObject(attemptColumns, attempt),
        corrections: attempt.corrections.map(correctionObject),
      })),
    });
  }
  return [requestLines(request), ...attempts.map(attemptLines)].map((lines) => lines.join("\n")).join("\n\n");
}

/** A heading with what it says; nothing where there is nothing to say. */
function line(heading: string, said: string | null | undefined): string[] {
  return said === null || said === undefined ? [] : [`${heading.padEnd(12)}${printable(said)}`];
}

function requestLines(request: LedgerRequest): string[] {
  const { status, error, waitedMs, waitedFor, upstreamMs, startedAtMs, endedAtMs, replayOf } = request;
  const ended =
    endedAtMs === null
      ? endings[request.state]
      : `with status ${status ?? "unknown"} after ${seconds(endedAtMs - startedAtMs)}`;
  return [
    ...line("request", request.requestId),
    ...line("asked for", `${request.requestedModel}${request.route === null ? "" : ` at ${request.route}`}`),
    ...line("caller", request.caller),
    ...line("started", time(startedAtMs)),
    ...line("ended", `${ended}${error === null ? "" : `: ${error}`}`),
    ...line("waited", waitedMs === null ? null : (waitedFor ?? seconds(waitedMs))),
    ...line("upstream", upstreamMs === null ? null : seconds(upstreamMs)),
    ...line(
      "attempts",
      `${request.attempts}, of them ${request.retries} retries; ${request.fallbacks} fallbacks`,
    ),
    ...line("answered", replayOf === null ? null : `with the answer of ${replayOf}, at no cost`),
  ];
}

const endings = {
  running: "not yet",
  ended: "at an unknown time",
  interrupted: "with its gateway, which was ended while it ran",
};

function attemptLines(attempt: ExplainedAttempt, index: number): string[] {
  const { errorClass, reason, size, quality, costNanoUsd, estimateNanoUsd, tokens, status } = attempt;
  const why = [errorClass, reason].filter((text) => text !== null).join(": ");
  return [
    ...line(`attempt ${index + 1}`, attempt.attemptId),
    ...line(
      "sent to",
      `${attempt.deploymentId} of ${attempt.modelGroup}: ${attempt.model} at ${attempt.provider}`,
    ),
    ...line("as", `retry ${attempt.retry}, fallback ${attempt.fallback}`),
    ...line("at", `${time(attempt.atMs)}, for ${seconds(attempt.durationMs)}`),
    ...line(
      "images",
      `${attempt.images} of ${attempt.n}${[size, quality].map((text) => (text === null ? "" : `, ${text}`)).join("")}`,
    ),
    ...line("outcome", `${attempt.state}${why === "" ? "" : `: ${why}`}`),
    ...line("status", status === null ? null : String(status)),
    ...line("upstream id", attempt.upstreamRequestId),
    ...line(
      "tokens",
      tokens &&
        Object.entries(tokens)
          .map(([kind, count]) => `${kind} ${count}`)
          .join(", "),
    ),
    ...line("at most", estimateNanoUsd === null ? null : dollars(estimateNanoUsd)),
    ...line("cost", `${dollars(costNanoUsd)}${attempt.basis === null ? "" : `, by ${attempt.basis}`}`),
    ...Object.entries(attempt.breakdown ?? {}).flatMap(([part, nanoUsd]) =>
      line("", `${part.padEnd(12)} ${dollars(nanoUsd)}`),
    ),
    ...attempt.corrections.flatMap(({ atMs, costNanoUsd: settled, differenceNanoUsd, settledBy, note }) =>
      line(
        "settled",
        `at ${dollars(settled)} (${signed(differenceNanoUsd)}) by ${settledBy}, ${time(atMs)}: ${note}`,
      ),
    ),
    ...line(
      "charged to",
      attempt.charges.map(({ meter, period }) => `${meter} ${period}`).join(", ") || null,
    ),
  ];
}

function correctionObject(correction: ExplainedAttempt["corrections"][number]): object {
  const { revision, atMs, costNanoUsd, differenceNanoUsd, settledBy, note } = correction;
  return {
    revision,
    at: new Date(atMs).toISOString(),
    cost_usd: formatUsd(costNanoUsd),
    difference_usd: formatUsd(differenceNanoUsd),
    by: settledBy,
    note,
  };
}

function signed(nanoUsd: bigint): string {
  return nanoUsd < 0n ? `-${dollars(-nanoUsd)}` : `+${dollars(nanoUsd)}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)} s`;
}
