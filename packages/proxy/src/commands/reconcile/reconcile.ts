import {
  type Difference,
  type ReconciledRow,
  type Reconciliation,
  Reports,
  SettlementError,
  imageItems,
  reconcile,
} from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { LedgerQueryError, attemptFilterOf } from "../../ledger/query.js";
import type { GatewayOptions } from "../call-gateway.js";
import { CommandError } from "../command-error.js";
import { dataDirectory } from "../data-directory.js";
import { withLedger } from "../ledger/books.js";
import { dollars } from "../ledger/cells.js";
import { settleThrough, whoAsks } from "../ledger/settle.js";
import { printable } from "../printable.js";
import { table } from "../table.js";
import { billAt } from "./fetch-bill.js";

export interface ReconcileOptions extends GatewayOptions {
  readonly bill: string;
  readonly since?: string;
  readonly until?: string;
  readonly deployment: readonly string[];
  readonly project: readonly string[];
  readonly item?: readonly string[];
  readonly tolerance: string;
  readonly apply: boolean;
  readonly dryRun: boolean;
  readonly dataDir?: string;
  readonly json: boolean;
}

interface Reconciled extends Reconciliation {
  /** How many attempts were settled. */
  readonly settled: number;
  /** Attempts that somebody else settled in between. */
  readonly refused: readonly string[];
}

/** `darkroom reconcile`: holds the books against a bill. */
export async function reconciliation(options: ReconcileOptions): Promise<string> {
  const folder = dataDirectory(options);
  if (options.apply && options.dryRun) throw new CommandError("Either --apply or --dry-run.");
  const nowMs = Date.now();
  const span = spanOf(options, nowMs);
  const bill = await billAt(options.bill);
  const reconciled = await withLedger(folder, async (ledger): Promise<Reconciled> => {
    const reports = Reports.ofFolder(folder);
    try {
      const found = await reconcile(reports, bill, {
        ...span,
        toleranceMs: toleranceOf(options.tolerance),
        deployments: options.deployment,
        projects: options.project,
        items: options.item ?? imageItems,
        nowMs,
      });
      const done = { ...found, settled: 0, refused: [] as string[] };
      if (!options.apply) return done;
      const by = whoAsks();
      for (const { attemptId, costNanoUsd, note } of found.settlements) {
        try {
          await settleThrough(ledger, options, { attemptId, costNanoUsd, note: `reconciled: ${note}`, by });
          done.settled += 1;
        } catch (error) {
          if (!(error instanceof SettlementError)) throw error;
          done.refused.push(`${attemptId}: ${error.message}`);
        }
      }
      return done;
    } finally {
      await reports.close();
    }
  });
  return options.json ? JSON.stringify(reconciled, amountsAsTexts) : shown(reconciled, options.apply);
}

function spanOf(
  options: ReconcileOptions,
  nowMs: number,
): { readonly sinceMs?: number; readonly untilMs?: number } {
  const { since, until } = options;
  try {
    return attemptFilterOf(
      { ...(since !== undefined && { since }), ...(until !== undefined && { until }) },
      nowMs,
    );
  } catch (error) {
    if (error instanceof LedgerQueryError) throw new CommandError(`--${error.field}: ${error.message}`);
    throw error;
  }
}

function toleranceOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 86_400))
    throw new CommandError(`--tolerance must be seconds from 0 to 86400, not '${text}'.`);
  return seconds * 1_000;
}

/** Nano-dollars are too large for the numbers of JSON. */
function amountsAsTexts(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** Differences that a person reads through; --json has them all. */
const mostShown = 50;

function shown(reconciled: Reconciled, isApplied: boolean): string {
  const { rows, differences, settlements, stillUncertain, leftAside, settled, refused } = reconciled;
  if (rows.length === 0) return "The bill and the books have nothing of the same time.";
  const sum = (of: (row: ReconciledRow) => bigint): bigint =>
    rows.reduce((total, row) => total + of(row), 0n);
  const settledNanoUsd = settlements.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0n);
  const difference = sum((row) => row.differenceNanoUsd);
  return [
    table<ReconciledRow>(
      [
        ["day", ({ day }) => day],
        ["model", ({ model }) => printable(model)],
        ["deployment", ({ deploymentId }) => (deploymentId === "" ? "-" : printable(deploymentId))],
        ["certain", (row) => dollars(row.certainNanoUsd)],
        ["uncertain", (row) => dollars(row.uncertainNanoUsd)],
        ["bill", (row) => dollars(row.billNanoUsd)],
        ["settled at", (row) => dollars(row.settledNanoUsd)],
        ["difference", (row) => dollars(row.differenceNanoUsd)],
      ],
      rows,
    ),
    "",
    ...(differences.length === 0
      ? []
      : [
          table<Difference>(
            [
              ["what differs", ({ kind }) => kind],
              ["day", ({ day }) => day],
              ["model", ({ model }) => printable(model)],
              ["books", (one) => dollars(one.ledgerNanoUsd)],
              ["bill", (one) => dollars(one.billNanoUsd)],
              ["attempt", ({ attemptId }) => printable(attemptId ?? "-")],
              ["upstream's id", ({ requestId }) => printable(requestId ?? "-")],
            ],
            differences.slice(0, mostShown),
          ),
          ...(differences.length > mostShown ? [`There are ${differences.length} in all: --json`] : []),
          "",
        ]),
    ...leftAside.map(({ item, nanoUsd }) => `Left aside: ${printable(item)}, $${formatUsd(nanoUsd)}.`),
    `${isApplied ? `${settled} uncertain attempts are settled` : `${settlements.length} uncertain attempts could be settled`} at ${dollars(settledNanoUsd)} in all.`,
    ...refused.map((reason) => `Not settled: ${printable(reason)}`),
    ...(stillUncertain === 0 ? [] : [`Of ${stillUncertain} uncertain attempts the bill cannot tell yet.`]),
    difference === 0n
      ? "The books and the bill agree."
      : `The bill and the books differ by ${dollars(difference)}.`,
    ...(isApplied || settlements.length === 0 ? [] : ["Nothing was changed: --apply settles."]),
  ].join("\n");
}
