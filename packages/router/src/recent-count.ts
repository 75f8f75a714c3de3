const slices = 12;

/**
 * How much there was in the last minute, in constant memory: the minute is counted in slices of five seconds, and the
 * oldest drops out as a whole. So what is counted is no older than a minute, and nothing of the last 55 s is missing.
 */
export class RecentCount {
  static readonly windowMs = 60_000;
  readonly #counts = new Array<number>(slices).fill(0);
  #slice = 0;
  #total = 0;

  add(amount: number, nowMs: number): void {
    this.#turnTo(nowMs);
    const index = this.#slice % slices;
    this.#counts[index] = (this.#counts[index] ?? 0) + amount;
    this.#total += amount;
  }

  total(nowMs: number): number {
    this.#turnTo(nowMs);
    return this.#total;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  #turnTo(nowMs: number): void {
    const slice = Math.floor(nowMs / (RecentCount.windowMs / slices));
    if (slice === this.#slice) return;
    if (slice - this.#slice >= slices) this.clear();
    for (let past = this.#slice + 1; past <= slice; past += 1) {
      this.#total -= this.#counts[past % slices] ?? 0;
      this.#counts[past % slices] = 0;
    }
    this.#slice = slice;
  }
}
