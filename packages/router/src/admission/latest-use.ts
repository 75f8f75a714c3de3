import { leaseMs } from "./admission.js";
import type { MeterUse, Window } from "./meter.js";

interface Told {
  readonly use: MeterUse;
  readonly atMs: number;
}

/**
 * How full some meters are, as far as the answers of admission have told: they come with every admission and refusal, so
 * that nobody has to ask. What was told a while ago counts for less and less, since it has come back by now.
 */
export class LatestUse {
  readonly #told = new Map<string, Told>();

  /** @param known meters by their key; what is told of others is passed over */
  constructor(
    private readonly known: ReadonlySet<string>,
    private readonly nowMs: () => number,
  ) {}

  /** Of an admission, its `use`; of a refusal, its `refusals`. */
  note(told: readonly MeterUse[]): void {
    const atMs = this.nowMs();
    for (const use of told) if (this.known.has(use.meter.key)) this.#told.set(use.meter.key, { use, atMs });
  }

  /** What was taken when it was last told; 0 where all of that has come back since. */
  toldOf(meterKey: string): bigint {
    const told = this.#told.get(meterKey);
    return told === undefined || this.#leftOf(told) === 0 ? 0n : told.use.used;
  }

  /**
   * The share of its limit that is free, from 0 to 1; 1 where nothing is known. What was told fades evenly over the time in
   * which all of it comes back.
   */
  freeOf(meterKey: string): number {
    const told = this.#told.get(meterKey);
    if (told === undefined) return 1;
    const { used, reserved, limit } = told.use;
    const taken = Number(used + reserved) * this.#leftOf(told);
    return limit > 0n ? Math.max(0, 1 - taken / Number(limit)) : this.#leftOf(told) > 0 ? 0 : 1;
  }

  #leftOf({ use, atMs }: Told): number {
    const left = 1 - (this.nowMs() - atMs) / spanMs(use.meter.window);
    return Math.min(Math.max(left, 0), 1);
  }
}

/** In which time all that is taken has come back, if nothing is added. */
function spanMs(window: Window): number {
  switch (window.kind) {
    case "rolling":
      return window.ms;
    case "period":
      return Number.POSITIVE_INFINITY;
    case "lease":
      return leaseMs;
  }
}
