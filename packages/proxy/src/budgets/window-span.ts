import type { PayerMeter, TimeSpan } from "@darkroom/accounts";

/**
 * The time that a budget's window covers now: of a period that has ended, all of it; of one under way, all since its
 * beginning.
 */
export function spanOf(window: PayerMeter["meter"]["window"], nowMs: number): TimeSpan {
  if (window.kind === "period") {
    const { startMs: fromMs, endMs: untilMs } = window;
    return untilMs > nowMs ? { fromMs } : { fromMs, untilMs };
  }
  return { fromMs: nowMs - (window.kind === "rolling" ? window.ms : 0) };
}
