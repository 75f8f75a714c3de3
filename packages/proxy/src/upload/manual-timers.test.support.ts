import type { Timers } from "@darkroom/router";

/** A clock that tests move by hand. */
export class ManualTimers implements Timers {
  /** How many delays have been started. */
  started = 0;
  #now = 0;
  readonly #alarms = new Map<symbol, { readonly at: number; readonly callback: () => void }>();

  /** How many delays are running. */
  get pending(): number {
    return this.#alarms.size;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const key = Symbol("alarm");
    this.started += 1;
    this.#alarms.set(key, { at: this.#now + milliseconds, callback });
    return () => void this.#alarms.delete(key);
  }

  /** Lets time pass, alarm by alarm. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      const [key, { at, callback }] = next;
      this.#now = at;
      this.#alarms.delete(key);
      callback();
    }
    this.#now = until;
  }

  #next(until: number) {
    return [...this.#alarms].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
  }
}
