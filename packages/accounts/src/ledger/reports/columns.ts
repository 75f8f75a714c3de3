import { formatUsd } from "@darkroom/cost-calculator";
import type { LedgerAttempt, LedgerRequest } from "./rows.js";

/** What leaves the ledger for programs: texts, numbers, and JSON of both. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | readonly object[]
  | Readonly<Record<string, string | number>>;

/** A column: its name, and what it shows of a row. Amounts are decimal texts of dollars, times ISO 8601 in UTC. */
export type LedgerColumn<Row> = readonly [name: string, cell: (row: Row) => Cell];

export const attemptColumns: readonly LedgerColumn<LedgerAttempt>[] = [
  ["attempt_id", ({ attemptId }) => attemptId],
  ["request_id", ({ requestId }) => requestId],
  ["started_at", ({ atMs }) => time(atMs)],
  ["ended_at", ({ endedAtMs }) => time(endedAtMs)],
  ["caller", ({ caller }) => caller],
  ["requested_model", ({ requestedModel }) => requestedModel],
  ["model_group", ({ modelGroup }) => modelGroup],
  ["deployment_id", ({ deploymentId }) => deploymentId],
  ["provider", ({ provider }) => provider],
  ["model", ({ model }) => model],
  ["retry", ({ retry }) => retry],
  ["fallback", ({ fallback }) => fallback],
  ["size", ({ size }) => size],
  ["quality", ({ quality }) => quality],
  ["n", ({ n }) => n],
  ["stream", ({ stream }) => stream],
  ["input_images", ({ inputImages }) => inputImages],
  ["prompt_bytes", ({ promptBytes }) => promptBytes],
  ["state", ({ state }) => state],
  ["cost_usd", ({ costNanoUsd }) => dollars(costNanoUsd)],
  ["estimate_usd", ({ estimateNanoUsd }) => dollars(estimateNanoUsd)],
  ["breakdown_usd", ({ breakdown }) => breakdown && inDollars(breakdown)],
  ["basis", ({ basis }) => basis],
  ["price_version", ({ priceVersion }) => priceVersion],
  ["tokens", ({ tokens }) => tokens],
  ["images", ({ images }) => images],
  ["duration_ms", ({ durationMs }) => durationMs],
  ["status", ({ status }) => status],
  ["error_class", ({ errorClass }) => errorClass],
  ["reason", ({ reason }) => reason],
  ["upstream_request_id", ({ upstreamRequestId }) => upstreamRequestId],
  ["charges", ({ charges }) => charges],
  ["revision", ({ revision }) => revision],
];

export const requestColumns: readonly LedgerColumn<LedgerRequest>[] = [
  ["request_id", ({ requestId }) => requestId],
  ["state", ({ state }) => state],
  ["started_at", ({ startedAtMs }) => time(startedAtMs)],
  ["ended_at", ({ endedAtMs }) => (endedAtMs === null ? null : time(endedAtMs))],
  ["caller", ({ caller }) => caller],
  ["route", ({ route }) => route],
  ["requested_model", ({ requestedModel }) => requestedModel],
  ["model_group", ({ modelGroup }) => modelGroup],
  ["deployment_id", ({ deploymentId }) => deploymentId],
  ["status", ({ status }) => status],
  ["attempts", ({ attempts }) => attempts],
  ["retries", ({ retries }) => retries],
  ["fallbacks", ({ fallbacks }) => fallbacks],
  ["waited_ms", ({ waitedMs }) => waitedMs],
  ["waited_for", ({ waitedFor }) => waitedFor],
  ["upstream_ms", ({ upstreamMs }) => upstreamMs],
  ["request_bytes", ({ requestBytes }) => requestBytes],
  ["answer_bytes", ({ answerBytes }) => answerBytes],
  ["images", ({ images }) => images],
  ["cost_usd", ({ costNanoUsd }) => dollars(costNanoUsd)],
  ["error", ({ error }) => error],
  ["replay_of", ({ replayOf }) => replayOf],
];

/** A row as an object of JSON. */
export function asObject<Row>(columns: readonly LedgerColumn<Row>[], row: Row): Record<string, Cell> {
  return Object.fromEntries(columns.map(([name, cell]) => [name, cell(row)]));
}

export function inDollars(amounts: Readonly<Record<string, bigint>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([name, nanoUsd]) => [name, formatUsd(nanoUsd)]));
}

function dollars(nanoUsd: bigint | null): string | null {
  return nanoUsd === null ? null : formatUsd(nanoUsd);
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
