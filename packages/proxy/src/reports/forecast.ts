import type { PayerMeter, Spent } from "@darkroom/accounts";

/** How a forecast is made, for whoever reads one. */
export const forecastMethod =
  "A straight line: the budget goes on being spent as fast as in its period so far, or in the last 7 days where it never begins anew; uncertain amounts count in full.";

/** The days that a budget for ever is judged by. */
export const judgedMs = 7 * 86_400_000;

export interface Forecast {
  /** Nano-dollars that are spent a day at present; undefined where nobody can tell. */
  readonly dailyNanoUsd?: bigint;
  /** What will be spent at the end of the period; absent where it has none. */
  readonly projectedNanoUsd?: bigint;
  /** When the budget is used up, or was: milliseconds since 1970; absent where it will not be, in this period. */
  readonly usedUpAtMs?: number;
}

const dayMs = 86_400_000n;

/**
 * What becomes of a budget; see {@link forecastMethod}. All by whole numbers: an amount times a time over a time.
 *
 * @param recent what was spent in the last 7 days, for a budget that never begins anew
 */
export function forecastOf(
  { window, limit }: PayerMeter["meter"],
  spent: Pick<Spent, "nanoUsd">,
  recent: Pick<Spent, "nanoUsd">,
  nowMs: number,
): Forecast {
  const usedUp = spent.nanoUsd >= limit ? { usedUpAtMs: nowMs } : {};
  // What leaves a rolling window makes room for what comes: where that goes, no line can tell.
  if (window.kind !== "period") return usedUp;
  const isForEver = window.startMs === 0;
  const [amount, overMs] = isForEver
    ? [recent.nanoUsd, BigInt(judgedMs)]
    : [spent.nanoUsd, BigInt(Math.max(1, nowMs - window.startMs))];
  const projected = isForEver
    ? {}
    : { projectedNanoUsd: (amount * BigInt(window.endMs - window.startMs)) / overMs };
  const dailyNanoUsd = (amount * dayMs) / overMs;
  if (spent.nanoUsd >= limit || amount === 0n) return { dailyNanoUsd, ...projected, ...usedUp };
  const leftMs = ((limit - spent.nanoUsd) * overMs) / amount;
  const usedUpAtMs = BigInt(nowMs) + leftMs;
  return {
    dailyNanoUsd,
    ...projected,
    ...(usedUpAtMs < BigInt(window.endMs) && { usedUpAtMs: Number(usedUpAtMs) }),
  };
}
