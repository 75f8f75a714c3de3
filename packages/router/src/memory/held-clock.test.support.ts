import type { Timers } from "./timers.js";

/** Time that stands still until a test moves it, with the timers that ring on the way. */
export class HeldClock implements Timers {
  nowMs = 0;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { atMs: this.nowMs + milliseconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  pass(milliseconds: number): void {
    this.nowMs += milliseconds;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }
}
