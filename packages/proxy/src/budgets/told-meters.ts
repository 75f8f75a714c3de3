import type { Meter } from "@darkroom/router";

/** A meter that was told what was spent before it counted. */
export interface ToldMeter {
  readonly meter: Meter;
  /** The last entry of the journal that was in it. */
  readonly through: number;
}

/** Meters that count now, by who pays for them. Those whose period is over are forgotten. */
export class ToldMeters {
  readonly #byPayer = new Map<string, ReadonlyMap<string, ToldMeter>>();
  #sizeAfterSweep = 500;

  /** How many payers have some. */
  get size(): number {
    return this.#byPayer.size;
  }

  of(payer: string): Iterable<ToldMeter> {
    return this.#byPayer.get(payer)?.values() ?? [];
  }

  add(payer: string, told: ToldMeter, nowMs: number): void {
    const { key } = told.meter;
    const others = [...(this.#byPayer.get(payer) ?? [])].filter(
      ([other, known]) => other !== key && !isOver(known, nowMs),
    );
    this.#byPayer.set(payer, new Map([...others, [key, told]]));
    if (this.#byPayer.size > 2 * this.#sizeAfterSweep) this.#sweep(nowMs);
  }

  /** Seldom enough to cost each of those that came since next to nothing. */
  #sweep(nowMs: number): void {
    for (const [payer, meters] of this.#byPayer)
      if ([...meters.values()].every((told) => isOver(told, nowMs))) this.#byPayer.delete(payer);
    this.#sizeAfterSweep = Math.max(500, this.#byPayer.size);
  }
}

function isOver({ meter: { window } }: ToldMeter, nowMs: number): boolean {
  return window.kind === "period" && window.endMs <= nowMs;
}
