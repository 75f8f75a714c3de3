import { dayOf } from "../ledger/applying/daily-changes.js";
import type { LedgerAttempt } from "../ledger/reports/rows.js";
import type { BillLine } from "./bill.js";
import { matchLines, plainModel } from "./match-lines.js";
import { type Difference, type ProposedSettlement, type Reconciliation, RowSums } from "./reconciliation.js";

export interface LinesSpan {
  /** The bill has every call that was charged from then until before. Milliseconds since 1970. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** How far clocks may differ, and how much later than its attempt a call may be charged. */
  readonly toleranceMs: number;
}

/**
 * Holds attempts against the lines of a bill: by the upstream's id of the call where both have it, and attempts whose
 * upstream never told one by time, model and amount. An uncertain attempt that the bill should have and has not was not
 * charged.
 * @param attempts of the span, the tolerance included
 */
export async function reconcileLines(
  attempts: AsyncIterable<LedgerAttempt>,
  lines: readonly BillLine[],
  { fromMs, untilMs, toleranceMs }: LinesSpan,
): Promise<Reconciliation> {
  const lineOf = new Map<string, BillLine>();
  // What is billed once more is in no ledger.
  const again: BillLine[] = [];
  for (const line of lines) {
    if (lineOf.has(line.requestId)) again.push(line);
    else lineOf.set(line.requestId, line);
  }
  const sums = new RowSums();
  const differences: Difference[] = [];
  const settlements: ProposedSettlement[] = [];
  const open = new Map<string, LedgerAttempt>();
  let stillUncertain = 0;

  const namesOf = ({ atMs, model, deploymentId }: LedgerAttempt) => ({
    day: dayOf(atMs),
    model: plainModel(model),
    deploymentId,
  });
  const settle = (attempt: LedgerAttempt, costNanoUsd: bigint, note: string): void => {
    const { attemptId, requestId } = attempt;
    sums.add(namesOf(attempt), { settledNanoUsd: costNanoUsd });
    settlements.push({ attemptId, requestId, costNanoUsd, mostNanoUsd: attempt.costNanoUsd ?? 0n, note });
  };
  const differ = (kind: Difference["kind"], attempt: LedgerAttempt, line: BillLine | undefined): void => {
    differences.push({
      ...{ kind, attemptId: attempt.attemptId, ...namesOf(attempt) },
      ...(line !== undefined && { requestId: line.requestId }),
      ledgerNanoUsd: attempt.costNanoUsd ?? 0n,
      billNanoUsd: line?.nanoUsd ?? 0n,
    });
  };
  const isCovered = ({ atMs, endedAtMs }: LedgerAttempt): boolean =>
    atMs - toleranceMs >= fromMs && endedAtMs + toleranceMs < untilMs;

  for await (const attempt of attempts) {
    const { state, costNanoUsd, upstreamRequestId } = attempt;
    const line = upstreamRequestId === null ? undefined : lineOf.get(upstreamRequestId);
    if (line !== undefined) lineOf.delete(line.requestId);
    const isInSpan = line !== undefined || isCovered(attempt);
    if (state === "uncertain") {
      if (line === undefined) open.set(attempt.attemptId, attempt);
      else {
        sums.add(namesOf(attempt), { uncertainNanoUsd: costNanoUsd ?? 0n, billNanoUsd: line.nanoUsd });
        settle(attempt, line.nanoUsd, `by the bill's line ${line.requestId}`);
      }
      continue;
    }
    if (!isInSpan) continue;
    sums.add(namesOf(attempt), { certainNanoUsd: costNanoUsd ?? 0n, billNanoUsd: line?.nanoUsd ?? 0n });
    if (line === undefined) {
      // What was settled by hand may have had a line that only time and model led to.
      if ((costNanoUsd ?? 0n) === 0n) continue;
      if (attempt.revision > 0) open.set(attempt.attemptId, attempt);
      else differ("not on the bill", attempt, undefined);
    } else if (line.nanoUsd !== costNanoUsd)
      differ(state === "failed" ? "billed though failed" : "another amount", attempt, line);
  }

  const matches = matchLines(
    [...open.values()].map(({ attemptId, atMs, endedAtMs, model, state, costNanoUsd, estimateNanoUsd }) => ({
      attemptId,
      fromMs: atMs - toleranceMs,
      untilMs: endedAtMs + toleranceMs,
      model,
      // What was settled at an amount has a line of just that.
      leastNanoUsd: state === "uncertain" ? 0n : (costNanoUsd ?? 0n),
      mostNanoUsd: state === "uncertain" ? larger(costNanoUsd, estimateNanoUsd) : costNanoUsd,
    })),
    [...lineOf.values()],
  );
  for (const attempt of open.values()) {
    const found = matches.get(attempt.attemptId);
    if (found !== undefined) lineOf.delete(found.line.requestId);
    if (attempt.state !== "uncertain") {
      // Its own amount is in the sums already.
      if (found === undefined) differ("not on the bill", attempt, undefined);
      else sums.add(namesOf(attempt), { billNanoUsd: found.line.nanoUsd });
      continue;
    }
    if (found !== undefined) {
      const { line, candidates } = found;
      sums.add(namesOf(attempt), { uncertainNanoUsd: attempt.costNanoUsd ?? 0n, billNanoUsd: line.nanoUsd });
      const others = candidates > 1 ? `, one of ${candidates} that fit` : "";
      settle(
        attempt,
        line.nanoUsd,
        `by the bill's line ${line.requestId}, by time, model and amount${others}`,
      );
    } else if (isCovered(attempt)) {
      sums.add(namesOf(attempt), { uncertainNanoUsd: attempt.costNanoUsd ?? 0n });
      settle(attempt, 0n, "the bill has no line for it");
    } else stillUncertain += 1;
  }
  for (const line of [...lineOf.values(), ...again]) {
    if (line.atMs < fromMs || line.atMs >= untilMs) continue;
    const names = { day: dayOf(line.atMs), model: plainModel(line.model) };
    sums.add({ ...names, deploymentId: "" }, { billNanoUsd: line.nanoUsd });
    differences.push({
      ...{ kind: "not in the ledger", requestId: line.requestId, ...names },
      ledgerNanoUsd: 0n,
      billNanoUsd: line.nanoUsd,
    });
  }
  return { rows: sums.rows, differences, settlements, stillUncertain, leftAside: [] };
}

function larger(one: bigint | null, other: bigint | null): bigint | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
