import type { Timers } from "./timers.js";

/** A clock that tests move by hand. */
export class ManualTimers implements Timers {
  #now = 0;
  readonly #alarms = new Map<symbol, { readonly at: number; readonly callback: () => void }>();

  /** How many delays are running. */
  get pending(): number {
    return this.#alarms.size;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const key = Symbol("alarm");
    this.#alarms.set(key, { at: this.#now + milliseconds, callback });
    return () => void this.#alarms.delete(key);
  }

  /** Lets time pass; alarms that are set meanwhile count from its end. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const [key, { at, callback }] of [...this.#alarms]) {
      if (at > this.#now || !this.#alarms.delete(key)) continue;
      callback();
    }
  }
}
