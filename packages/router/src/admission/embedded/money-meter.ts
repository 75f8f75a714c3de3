import type { AmountWindow } from "./amount-window.js";
import type { MeterState, Taking } from "./meter-state.js";

/** A meter without its seed is asked for it again, so one that was told it is kept for a day of silence. */
const keptMs = 86_400_000;

/** Of nano-dollars: what is taken is reserved until it is settled, and only then counts as spent, where it was admitted. */
export class MoneyMeter implements MeterState {
  readonly kind = "money";
  asked = 0n;
  reserved = 0n;
  isSeeded = false;
  readonly #window: AmountWindow;
  #lastUsedAtMs: number;

  constructor(window: AmountWindow, nowMs: number) {
    this.#window = window;
    this.#lastUsedAtMs = nowMs;
  }

  /** What was spent before comes to what has been charged since. */
  seed(spent: bigint, nowMs: number): void {
    if (this.isSeeded) return;
    this.isSeeded = true;
    this.#window.add(spent, nowMs, nowMs);
  }

  used(nowMs: number): bigint {
    return this.#window.used(nowMs);
  }

  take({ amount, atMs }: Taking): void {
    this.reserved += amount;
    this.#lastUsedAtMs = atMs;
  }

  release(): boolean {
    return false;
  }

  undo(taking: Taking): boolean {
    if (taking.isSettled) return false;
    taking.isSettled = true;
    this.reserved -= taking.amount;
    return taking.amount > 0n;
  }

  settle(taking: Taking, used: bigint | undefined, nowMs: number): boolean {
    const { amount, isSettled } = taking;
    if (!isSettled) this.reserved -= amount;
    taking.isSettled = true;
    taking.amount = used ?? amount;
    this.charge(isSettled ? taking.amount - amount : taking.amount, taking.atMs, nowMs);
    return taking.amount < amount;
  }

  renew(): void {
    // A reservation of money never expires.
  }

  charge(amount: bigint, atMs: number, nowMs: number): void {
    this.#window.add(amount, atMs, nowMs);
    this.#lastUsedAtMs = nowMs;
  }

  returnsAtMs(amount: bigint, nowMs: number): number | undefined {
    return this.#window.returnsAtMs(amount, nowMs);
  }

  isIdle(nowMs: number): boolean {
    return this.reserved === 0n && nowMs - this.#lastUsedAtMs > keptMs && this.#window.isOver(nowMs);
  }
}
