import type { Admission } from "@darkroom/router";

/** Where outcomes are settled. */
export interface SettledStore {
  readonly admission: Pick<Admission, "settle" | "release">;
  /** Settlements that it has still to be told of. */
  readonly owedSettlements: number;
}

/** An outcome is settled right behind its commit, within seconds; where that fails, the store owes it from then on. */
const settledWithinMs = 10_000;

const sampleEveryMs = 1_000;

interface Sample {
  readonly atMs: number;
  readonly committed: number;
}

/** Up to which entry of the journal everything is settled where limits are kept. */
export class SettledMark {
  #store: SettledStore | undefined;
  #samples: Sample[] = [];
  #through = 0;

  /** @param passedMs milliseconds that pass whether or not the clock is set */
  constructor(private readonly passedMs: () => number = () => performance.now()) {}

  /** From now on, what is committed is settled there. */
  follow(store: SettledStore): void {
    this.#store = store;
  }

  /** @param committed the journal's last entry now */
  through(committed: number): number {
    if (this.#store === undefined || this.#store.owedSettlements > 0) {
      this.#samples = [];
      return this.#through;
    }
    const nowMs = this.passedMs();
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= sampleEveryMs)
      this.#samples.push({ atMs: nowMs, committed });
    while (this.#samples[0] !== undefined && nowMs - this.#samples[0].atMs >= settledWithinMs)
      this.#through = this.#samples.shift()?.committed ?? this.#through;
    return this.#through;
  }
}
