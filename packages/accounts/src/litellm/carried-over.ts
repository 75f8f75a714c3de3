import type { BudgetCalendar } from "../budgets/calendar.js";
import { quarterHourMs, spendPeriodAt } from "../budgets/spend-period.js";
import type { CarriedSpendRecord } from "../journal/records.js";

/** What LiteLLM says of a payer's spend. */
export interface LiteLlmSpend {
  readonly meter: string;
  readonly nanoUsd: bigint;
  /** Of the budget that it is counted for; absent: for ever. */
  readonly duration: string | undefined;
  /** When LiteLLM would begin anew. Milliseconds since 1970. */
  readonly resetAtMs: number | undefined;
}

export interface CarriedOver {
  readonly record?: CarriedSpendRecord;
  /** What is not as it was. */
  readonly remark?: string;
}

/** A difference of clocks, and what LiteLLM's own reset may be late by. */
const sameResetMs = 60_000;

/**
 * What of a payer's spend goes on here. It is charged to the beginning of the budget's running period, so that it belongs to
 * that period and to no shorter one; for ever, it is charged to the year 1970; where any span of a length is a period, to now.
 */
export function carriedOver(
  { meter, nanoUsd, duration, resetAtMs }: LiteLlmSpend,
  calendar: BudgetCalendar,
  by: string,
  nowMs: number,
): CarriedOver {
  if (nanoUsd === 0n) return {};
  const record = (startMs: number): CarriedSpendRecord => ({
    ...{ source: "litellm", meter, nanoUsd, atMs: nowMs, by },
    period: spendPeriodAt(startMs),
  });
  if (duration === undefined) return { record: record(0) };
  if (resetAtMs !== undefined && resetAtMs <= nowMs) return {};
  const window = calendar.windowAt(duration, nowMs);
  if (window.kind === "rolling") return { record: record(nowMs) };
  const startMs = Math.ceil(window.startMs / quarterHourMs) * quarterHourMs;
  if (startMs + quarterHourMs > window.endMs)
    return { remark: `what it has spent in this ${duration} is not carried over` };
  const isSame = resetAtMs === undefined || Math.abs(resetAtMs - window.endMs) <= sameResetMs;
  return {
    record: record(startMs),
    ...(!isSame && {
      remark: `its budget of ${duration} begins anew at ${iso(window.endMs)}, and with LiteLLM at ${iso(resetAtMs)}`,
    }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-11-28T22:15".length) + "Z";
}
