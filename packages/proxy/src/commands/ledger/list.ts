import {
  type LedgerAttempt,
  type LedgerColumn,
  type LedgerReports,
  type LedgerRequest,
  type Page,
  type PageRequest,
  asObject,
  attemptColumns,
  isPageEnd,
  requestColumns,
} from "@darkroom/accounts";
import { type LedgerQuery, attemptFilterOf, requestFilterOf } from "../../ledger/query.js";
import { CommandError } from "../command-error.js";
import { printable } from "../printable.js";
import { type Column, table } from "../table.js";
import { dollars, time } from "./cells.js";

export interface ListOptions extends LedgerQuery {
  /** Requests in place of attempts. */
  readonly requests: boolean;
  readonly limit: string;
  readonly after?: string;
  readonly json: boolean;
}

const attemptTable: readonly Column<LedgerAttempt>[] = [
  ["started", ({ atMs }) => time(atMs)],
  ["state", ({ state }) => state],
  ["cost", ({ costNanoUsd }) => dollars(costNanoUsd)],
  ["images", ({ images }) => String(images)],
  ["group", ({ modelGroup }) => printable(modelGroup)],
  ["deployment", ({ deploymentId }) => printable(deploymentId)],
  ["status", ({ status }) => String(status ?? "-")],
  ["caller", ({ caller }) => printable(caller ?? "-")],
  ["attempt", ({ attemptId }) => printable(attemptId)],
  ["request", ({ requestId }) => printable(requestId)],
];

const requestTable: readonly Column<LedgerRequest>[] = [
  ["started", ({ startedAtMs }) => time(startedAtMs)],
  ["state", ({ state }) => state],
  ["status", ({ status }) => String(status ?? "-")],
  ["cost", ({ costNanoUsd }) => dollars(costNanoUsd)],
  ["images", ({ images }) => String(images)],
  ["attempts", ({ attempts }) => String(attempts)],
  ["group", ({ modelGroup }) => printable(modelGroup ?? "-")],
  ["caller", ({ caller }) => printable(caller ?? "-")],
  ["error", ({ error }) => printable(error ?? "-")],
  ["request", ({ requestId }) => printable(requestId)],
];

/** `darkroom ledger list`: attempts, or requests, the newest first, a page at a time. */
export async function list(reports: LedgerReports, options: ListOptions): Promise<string> {
  const { json } = options;
  const page = pageOf(options);
  if (options.requests) {
    const filter = requestFilterOf(options, Date.now());
    return shown(await reports.requests(filter, page), requestTable, requestColumns, json);
  }
  const filter = attemptFilterOf(options, Date.now());
  return shown(await reports.attempts(filter, page), attemptTable, attemptColumns, json);
}

/** @throws CommandError with the option at fault */
export function pageOf({ limit, after }: { readonly limit: string; readonly after?: string }): PageRequest {
  const rows = Number(limit);
  if (!Number.isInteger(rows) || rows < 1 || rows > 1_000)
    throw new CommandError(`--limit must be a number from 1 to 1000, not '${limit}'.`);
  if (after !== undefined && !isPageEnd(after))
    throw new CommandError(`--after must be what the page before has told, not '${after}'.`);
  return { limit: rows, ...(after === undefined ? {} : { after }) };
}

function shown<Row>(
  { rows, next }: Page<Row>,
  columns: readonly Column<Row>[],
  all: readonly LedgerColumn<Row>[],
  json: boolean,
): string {
  if (json) return JSON.stringify({ rows: rows.map((row) => asObject(all, row)), next: next ?? null });
  if (rows.length === 0) return "There is none.";
  return `${table(columns, rows)}${next === undefined ? "" : `\n\nThere are more: --after ${next}`}`;
}
