import { createHash } from "node:crypto";

/** Random choices, always the same row of them for the same seed. */
export class SeededDraws {
  #state: number;

  /** @param words what the choices are for; other words, other choices */
  constructor(...words: readonly (string | number)[]) {
    this.#state = createHash("sha256").update(words.join(" ")).digest().readUInt32LE(0);
  }

  /** In [0, 1). Marsaglia's xorshift32, ample for choosing. */
  next(): number {
    let state = this.#state === 0 ? 1 : this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  oneOf<Value>(values: readonly Value[]): Value {
    return values[this.between(0, values.length - 1)] as Value;
  }

  /** A key of the table, each as likely as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new Error("weights that sum to nothing");
  }
}
