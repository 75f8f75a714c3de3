import type { AmountWindow } from "./amount-window.js";
import type { MeterState, Taking } from "./meter-state.js";

/** Of requests, images or tokens: what is taken counts at once. */
export class CountedMeter implements MeterState {
  readonly kind = "counted";
  asked = 0n;
  readonly reserved = 0n;
  readonly #window: AmountWindow;

  constructor(window: AmountWindow) {
    this.#window = window;
  }

  used(nowMs: number): bigint {
    return this.#window.used(nowMs);
  }

  take({ amount, atMs }: Taking): void {
    this.#window.add(amount, atMs, atMs);
  }

  release(): boolean {
    return false;
  }

  undo(taking: Taking, nowMs: number): boolean {
    return this.settle(taking, 0n, nowMs);
  }

  settle(taking: Taking, used: bigint | undefined, nowMs: number): boolean {
    if (used === undefined || used === taking.amount) return false;
    const returned = taking.amount - used;
    this.#window.add(-returned, taking.atMs, nowMs);
    taking.amount = used;
    return returned > 0n;
  }

  renew(): void {
    // Nothing of it comes back before its time.
  }

  charge(amount: bigint, atMs: number, nowMs: number): void {
    this.#window.add(amount, atMs, nowMs);
  }

  returnsAtMs(amount: bigint, nowMs: number): number | undefined {
    return this.#window.returnsAtMs(amount, nowMs);
  }

  isIdle(nowMs: number): boolean {
    return this.#window.isOver(nowMs);
  }
}
