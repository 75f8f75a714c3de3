import type { Meter } from "../meter.js";
import { CountedMeter } from "./counted-meter.js";
import { LeaseMeter } from "./lease-meter.js";
import type { MeterState } from "./meter-state.js";
import { MoneyMeter } from "./money-meter.js";
import { PeriodWindow } from "./period-window.js";
import { RollingWindow } from "./rolling-window.js";
import { Sweep } from "./sweep.js";

/** The state of every meter that has some. */
export class MeterStates {
  readonly #states = new Map<string, MeterState>();
  readonly #sweep = new Sweep(this.#states, (state, nowMs) => !state.isIdle(nowMs));

  #madeSinceSweep = 0;

  get size(): number {
    return this.#states.size;
  }

  find(meter: Meter): MeterState | undefined {
    return this.#states.get(meterId(meter));
  }

  of(meter: Meter, nowMs: number): MeterState {
    const id = meterId(meter);
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const state = stateFor(meter, nowMs);
    this.#states.set(id, state);
    this.#madeSinceSweep += 1;
    return state;
  }

  /** Whether what was spent of it must be told first. */
  isUnseeded(meter: Meter): boolean {
    if (meter.isMoney !== true) return false;
    const state = this.find(meter);
    return !(state instanceof MoneyMeter && state.isSeeded);
  }

  seed(meter: Meter, spent: bigint, nowMs: number): void {
    const state = this.of(meter, nowMs);
    if (state instanceof MoneyMeter) state.seed(spent, nowMs);
  }

  sweep(nowMs: number): void {
    this.#sweep.run(2 * this.#madeSinceSweep + 1, nowMs);
    this.#madeSinceSweep = 0;
  }
}

/** A meter of another period, or whose window got another length, is another one. */
export function meterId({ key, window }: Meter): string {
  if (window.kind === "lease") return key;
  return window.kind === "rolling" ? `${key} ~${window.ms}` : `${key} @${window.startMs}`;
}

function stateFor({ window, isMoney }: Meter, nowMs: number): MeterState {
  if (window.kind === "lease") return new LeaseMeter();
  const amounts = window.kind === "rolling" ? new RollingWindow(window.ms, nowMs) : new PeriodWindow(window);
  return isMoney === true ? new MoneyMeter(amounts, nowMs) : new CountedMeter(amounts);
}
