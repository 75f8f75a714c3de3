/** A clock that goes from one thing to happen to the next. */
export class VirtualTime {
  nowMs = 0;
  readonly #events: { readonly atMs: number; readonly happen: () => void }[] = [];

  /** What is to happen at one time happens in the order it was told. */
  at(atMs: number, happen: () => void): void {
    let [from, to] = [0, this.#events.length];
    // Latest first: the place before the first one that is not later.
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#events[middle]!.atMs > atMs) from = middle + 1;
      else to = middle;
    }
    this.#events.splice(from, 0, { atMs, happen });
  }

  after(ms: number, happen: () => void): void {
    this.at(this.nowMs + ms, happen);
  }

  run(): void {
    for (let next = this.#events.pop(); next !== undefined; next = this.#events.pop()) {
      this.nowMs = next.atMs;
      next.happen();
    }
  }
}
