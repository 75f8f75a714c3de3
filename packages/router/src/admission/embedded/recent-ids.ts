/** Remembers ids for at least so long, and at most for twice that. */
export class RecentIds {
  readonly #forMs: number;
  #newer = new Set<string>();
  #older = new Set<string>();
  #turnedAtMs = 0;

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  add(id: string, nowMs: number): void {
    this.#turn(nowMs);
    this.#newer.add(id);
  }

  has(id: string, nowMs: number): boolean {
    this.#turn(nowMs);
    return this.#newer.has(id) || this.#older.has(id);
  }

  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#turnedAtMs;
    if (passedMs < this.#forMs) return;
    this.#older = passedMs < 2 * this.#forMs ? this.#newer : new Set();
    this.#newer = new Set();
    this.#turnedAtMs = nowMs;
  }
}
