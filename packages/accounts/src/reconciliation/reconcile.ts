import type { LedgerReports } from "../ledger/reports/reports.js";
import type { LedgerAttempt } from "../ledger/reports/rows.js";
import type { Bill } from "./bill.js";
import { reconcileDays } from "./reconcile-days.js";
import { reconcileLines } from "./reconcile-lines.js";
import type { Reconciliation } from "./reconciliation.js";

export interface ReconcileOptions {
  /** The bill is complete from then until before; absent: from its first line, or day, to its last. Milliseconds since 1970. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly toleranceMs: number;
  /** The bill is of these deployments; none: of all. */
  readonly deployments: readonly string[];
  readonly projects: readonly string[];
  readonly items: readonly string[];
  readonly nowMs: number;
}

const dayMs = 86_400_000;

/** Holds the ledger against a bill. Nothing is changed. */
export async function reconcile(
  reports: LedgerReports,
  bill: Bill,
  options: ReconcileOptions,
): Promise<Reconciliation> {
  const { toleranceMs, deployments } = options;
  if (bill.kind === "lines") {
    const times = bill.lines.map(({ atMs }) => atMs);
    const fromMs = options.sinceMs ?? times.reduce((first, time) => Math.min(first, time), options.nowMs);
    const untilMs = options.untilMs ?? times.reduce((last, time) => Math.max(last, time), fromMs) + 1;
    const span = { sinceMs: Math.max(0, fromMs - dayMs), untilMs: untilMs + toleranceMs };
    const attempts = attemptsOf(reports, span, deployments);
    return reconcileLines(attempts, bill.lines, { fromMs, untilMs, toleranceMs });
  }
  const items = bill.items.filter(({ day }) => {
    const startMs = Date.parse(day);
    return startMs >= (options.sinceMs ?? 0) && startMs < (options.untilMs ?? Infinity);
  });
  const starts = items.map(({ day }) => Date.parse(day));
  const sinceMs = starts.reduce((first, start) => Math.min(first, start), options.nowMs);
  const untilMs = starts.reduce((last, start) => Math.max(last, start), 0) + dayMs;
  return reconcileDays(attemptsOf(reports, { sinceMs, untilMs }, deployments), items, options);
}

async function* attemptsOf(
  reports: LedgerReports,
  span: { readonly sinceMs: number; readonly untilMs: number },
  deployments: readonly string[],
): AsyncGenerator<LedgerAttempt> {
  let after: string | undefined;
  do {
    const page = { limit: 1_000, order: "oldest", ...(after !== undefined && { after }) } as const;
    const { rows, next } = await reports.attempts(span, page);
    for (const row of rows) if (deployments.length === 0 || deployments.includes(row.deploymentId)) yield row;
    after = next;
  } while (after !== undefined);
}
