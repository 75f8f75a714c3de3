import type { AmountWindow } from "./amount-window.js";

const dayMs = 86_400_000;

/** From a start to an end. Kept after its end for as long again, at most a day: what was used may be told late. */
export class PeriodWindow implements AmountWindow {
  readonly #endMs: number;
  readonly #keptUntilMs: number;
  #sum = 0n;

  constructor({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }) {
    this.#endMs = endMs;
    this.#keptUntilMs = endMs + Math.min(endMs - startMs, dayMs);
  }

  used(): bigint {
    return this.#sum;
  }

  add(amount: bigint): void {
    this.#sum += amount;
    if (this.#sum < 0n) this.#sum = 0n;
  }

  /** The next one begins with nothing. */
  returnsAtMs(): number {
    return this.#endMs;
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.#keptUntilMs;
  }
}
