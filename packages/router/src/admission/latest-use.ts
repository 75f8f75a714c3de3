import { leaseMs } from "./admission.js";
import type { MeterUse, Window } from "./meter.js";

/**
 * How full some meters are, as far as the answers of admission have told: they come with every admission and refusal, so
 * that nobody has to ask. What was told a while ago counts for less and less, since it has come back by now.
 */
export class LatestUse {
  readonly #told = new Map<string, { readonly use: MeterUse; readonly atMs: number }>();

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

  /** What is taken now, at most: what was told, evenly fading over the time in which all of it comes back. */
  usedOf(meterKey: string): number {
    const told = this.#told.get(meterKey);
    if (told === undefined) return 0;
    const left = 1 - (this.nowMs() - told.atMs) / spanMs(told.use.meter.window);
    return Number(told.use.used + told.use.reserved) * Math.min(Math.max(left, 0), 1);
  }

  /** The share of its limit that is free, from 0 to 1; 1 where nothing is known. */
  freeOf(meterKey: string): number {
    const told = this.#told.get(meterKey);
    if (told === undefined) return 1;
    const limit = Number(told.use.limit);
    return limit > 0 ? Math.max(0, 1 - this.usedOf(meterKey) / limit) : 0;
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
