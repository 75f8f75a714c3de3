/**
 * Goes round a map bit by bit and drops what nobody needs, so that each call does its share and none does it all. Run for
 * more entries than have come in since, it keeps up.
 */
export class Sweep<Value> {
  readonly #map: Map<string, Value>;
  readonly #isNeeded: (value: Value, nowMs: number) => boolean;
  #round: IterableIterator<[string, Value]>;

  constructor(map: Map<string, Value>, isNeeded: (value: Value, nowMs: number) => boolean) {
    this.#map = map;
    this.#isNeeded = isNeeded;
    this.#round = map.entries();
  }

  run(entries: number, nowMs: number): void {
    for (let left = entries; left > 0; left -= 1) {
      const next = this.#round.next();
      if (next.done === true) {
        this.#round = this.#map.entries();
        return;
      }
      const [key, value] = next.value;
      if (!this.#isNeeded(value, nowMs)) this.#map.delete(key);
    }
  }
}
