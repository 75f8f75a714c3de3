import type { Charge } from "../meter.js";
import type { Constraints } from "./constraints.js";
import type { MeterState } from "./meter-state.js";

/**
 * When a charge will fit if nothing else is taken: under the limit that holds now, or under those that hold when
 * constraints have ended.
 * @returns undefined if that hangs on somebody who gives something back, or it is more than the limit
 */
export function fitsAtMs(
  { meter, amount }: Charge,
  state: MeterState,
  constraints: Constraints,
  nowMs: number,
): number | undefined {
  const asked = state.asked + amount;
  const used = state.used(nowMs);
  const ends = constraints.endsOf(meter, nowMs);
  for (let index = 0; index <= ends.length; index += 1) {
    const fromMs = index === 0 ? nowMs : (ends[index - 1] ?? nowMs);
    const limit = constraints.limitOf(meter, fromMs);
    if (asked > limit) continue;
    const excess = used + state.reserved + asked - limit;
    const isOnlyReserved = excess > 0n && used + asked <= limit;
    const returnedAtMs = excess <= 0n ? fromMs : state.returnsAtMs(excess, nowMs);
    if (isOnlyReserved || returnedAtMs === undefined) continue;
    const atMs = Math.max(fromMs, returnedAtMs);
    if (atMs < (ends[index] ?? Infinity)) return atMs;
  }
  return undefined;
}
