import type { Refusal } from "../admission.js";
import type { Charge } from "../meter.js";
import type { Constraints } from "./constraints.js";
import { fitsAtMs } from "./fits-at.js";
import { type MeterState, Taking } from "./meter-state.js";
import { type MeterStates, meterId } from "./meter-states.js";

/** Charges tried on their meters one after the other. Until it ends, later ones see them as if they were taken. */
export class Trial {
  /** The first that does not fit. */
  readonly refusal: Refusal | undefined;
  readonly #charges: readonly Charge[];
  readonly #states: MeterState[] = [];

  constructor(
    charges: readonly Charge[],
    candidate: number | undefined,
    states: MeterStates,
    constraints: Constraints,
    nowMs: number,
  ) {
    this.#charges = charges;
    for (const charge of charges) {
      const { meter, amount } = charge;
      const state = states.of(meter, nowMs);
      const limit = constraints.limitOf(meter, nowMs);
      const used = state.used(nowMs);
      if (used + state.reserved + state.asked + amount > limit) {
        const atMs = fitsAtMs(charge, state, constraints, nowMs);
        const fitsInMs = atMs === undefined ? undefined : atMs - nowMs;
        this.refusal = { candidate, charge, meter, used, reserved: state.reserved, limit, fitsInMs };
        return;
      }
      state.asked += amount;
      this.#states.push(state);
    }
  }

  end(): void {
    for (const [index, state] of this.#states.entries()) state.asked -= this.#charges[index]?.amount ?? 0n;
  }

  take(nowMs: number): Taking[] {
    return this.#charges.map(({ meter, amount }, index) => {
      const state = this.#states[index];
      if (state === undefined) throw new Error("What does not fit cannot be taken.");
      const taking = new Taking(meterId(meter), state, amount, nowMs);
      state.take(taking);
      return taking;
    });
  }
}
