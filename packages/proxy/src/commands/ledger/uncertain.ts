import { type LedgerAttempt, type LedgerReports, asObject, attemptColumns } from "@darkroom/accounts";
import { printable } from "../printable.js";
import { type Column, table } from "../table.js";
import { age, dollars } from "./cells.js";
import { pageOf } from "./list.js";

export interface UncertainOptions {
  readonly limit: string;
  readonly after?: string;
  readonly json: boolean;
}

/** `darkroom ledger uncertain`: attempts that may have been charged, the oldest first. */
export async function uncertain(reports: LedgerReports, options: UncertainOptions): Promise<string> {
  const filter = { state: "uncertain" } as const;
  const { rows, next } = await reports.attempts(filter, { ...pageOf(options), order: "oldest" });
  const total = await reports.sum(filter);
  const nowMs = Date.now();
  if (options.json) {
    const withAges = rows.map((row) => ({
      ...asObject(attemptColumns, row),
      age_seconds: ageSeconds(row, nowMs),
    }));
    return JSON.stringify({ rows: withAges, next: next ?? null });
  }
  if (rows.length === 0) return "Nothing is uncertain.";
  const lines = [
    table(columnsAt(nowMs), rows),
    "",
    `${total.uncertainRows} attempts may have cost ${dollars(total.uncertainNanoUsd)} at most.`,
    "Settle one: darkroom ledger settle ATTEMPT --cost USD --note TEXT",
  ];
  if (next !== undefined) lines.push(`There are more: --after ${next}`);
  return lines.join("\n");
}

function columnsAt(nowMs: number): readonly Column<LedgerAttempt>[] {
  return [
    ["age", ({ endedAtMs }) => age(nowMs - endedAtMs)],
    ["at most", ({ costNanoUsd }) => dollars(costNanoUsd)],
    ["deployment", ({ deploymentId }) => printable(deploymentId)],
    ["attempt", ({ attemptId }) => printable(attemptId)],
    ["request", ({ requestId }) => printable(requestId)],
    ["why", ({ reason, errorClass }) => printable(reason ?? errorClass ?? "-")],
  ];
}

function ageSeconds({ endedAtMs }: LedgerAttempt, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - endedAtMs) / 1000));
}
