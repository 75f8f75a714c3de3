import type { Meter } from "../meter.js";
import { Sweep } from "./sweep.js";

interface Constraint {
  readonly limit: bigint;
  readonly untilMs: number;
}

/** Limits that hold for a while. */
export class Constraints {
  /** By key of the meter; of each, those that are not covered by a lower one that lasts longer, the first to end first. */
  readonly #constraints = new Map<string, readonly Constraint[]>();
  readonly #sweep = new Sweep(this.#constraints, (held, nowMs) =>
    held.some(({ untilMs }) => untilMs > nowMs),
  );

  add({ key }: Meter, limit: bigint, untilMs: number, nowMs: number): void {
    const held = this.#constraints.get(key) ?? [];
    if (held.some((other) => other.limit <= limit && other.untilMs >= untilMs)) return;
    const left = held.filter(
      (other) => other.untilMs > nowMs && (other.limit < limit || other.untilMs > untilMs),
    );
    this.#constraints.set(
      key,
      [...left, { limit, untilMs }].sort((one, other) => one.untilMs - other.untilMs),
    );
  }

  limitOf({ key, limit }: Meter, atMs: number): bigint {
    if (this.#constraints.size === 0) return limit;
    let lowest = limit;
    for (const held of this.#constraints.get(key) ?? [])
      if (held.untilMs > atMs && held.limit < lowest) lowest = held.limit;
    return lowest;
  }

  /** When the limit of a meter may change by itself, the next first. */
  endsOf({ key }: Meter, nowMs: number): readonly number[] {
    return (this.#constraints.get(key) ?? []).map(({ untilMs }) => untilMs).filter((ms) => ms > nowMs);
  }

  sweep(nowMs: number): void {
    this.#sweep.run(2, nowMs);
  }
}
