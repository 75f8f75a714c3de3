import type { Admission, AdmissionAnswer, AdmissionRequest, Refusal } from "../../admission/admission.js";
import type { Meter, MeterUse } from "../../admission/meter.js";

interface Taken {
  readonly attemptId: string;
  readonly amount: bigint;
  /** Rolling windows: when it comes back; leases: when they are released. */
  readonly untilMs: number;
}

interface State {
  taken: Taken[];
  constraints: { readonly limit: bigint; readonly untilMs: number }[];
}

/** Rolling windows and leases to the millisecond, and nothing else of an admission: small enough to be seen to be right. */
export class SimulatedAdmission implements Pick<Admission, "admit" | "release" | "constrain"> {
  readonly #states = new Map<string, State>();
  constructor(private readonly nowMs: () => number) {}

  admit({ attemptId, candidates }: AdmissionRequest): AdmissionAnswer {
    const refusals: Refusal[] = [];
    for (const [candidate, { charges }] of candidates.entries()) {
      const refused = charges.find(({ meter, amount }) => {
        const { used, limit } = this.useOf(meter);
        return used + amount > limit;
      });
      if (refused !== undefined) {
        const fitsInMs = this.#fitsInMs(refused.meter, refused.amount);
        refusals.push({ ...this.useOf(refused.meter), candidate, charge: refused, fitsInMs });
        continue;
      }
      for (const { meter, amount } of charges) {
        const { window } = meter;
        const untilMs = window.kind === "rolling" ? this.nowMs() + window.ms : Number.POSITIVE_INFINITY;
        this.#stateOf(meter).taken.push({ attemptId, amount, untilMs });
      }
      return { kind: "admitted", candidate, use: charges.map(({ meter }) => this.useOf(meter)) };
    }
    return { kind: "refused", refusals };
  }

  release(attemptId: string): void {
    for (const state of this.#states.values()) {
      state.taken = state.taken.filter((taken) => taken.attemptId !== attemptId || taken.untilMs < Infinity);
    }
  }

  constrain(meter: Meter, limit: bigint, forMs: number): void {
    this.#stateOf(meter).constraints.push({ limit, untilMs: this.nowMs() + forMs });
  }

  useOf(meter: Meter): MeterUse {
    const { taken, constraints } = this.#stateOf(meter);
    const used = taken.reduce((sum, { amount }) => sum + amount, 0n);
    const limit = constraints.reduce((least, { limit }) => (limit < least ? limit : least), meter.limit);
    return { meter, used, reserved: 0n, limit };
  }

  #fitsInMs(meter: Meter, amount: bigint): number | undefined {
    const { taken, constraints } = this.#stateOf(meter);
    const nowMs = this.nowMs();
    let { used } = this.useOf(meter);
    const ends = [...taken, ...constraints.map(({ untilMs }) => ({ untilMs, amount: 0n }))]
      .filter(({ untilMs }) => untilMs < Infinity)
      .sort((one, other) => one.untilMs - other.untilMs);
    for (const { untilMs, amount: returned } of ends) {
      used -= returned;
      const holding = constraints.filter((constraint) => constraint.untilMs > untilMs);
      const limit = holding.reduce((least, { limit }) => (limit < least ? limit : least), meter.limit);
      if (used + amount <= limit) return untilMs - nowMs;
    }
    return undefined;
  }

  #stateOf({ key }: Meter): State {
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { taken: [], constraints: [] };
      this.#states.set(key, state);
    }
    const nowMs = this.nowMs();
    if (state.taken.some(({ untilMs }) => untilMs <= nowMs)) {
      state.taken = state.taken.filter(({ untilMs }) => untilMs > nowMs);
    }
    if (state.constraints.some(({ untilMs }) => untilMs <= nowMs)) {
      state.constraints = state.constraints.filter(({ untilMs }) => untilMs > nowMs);
    }
    return state;
  }
}
