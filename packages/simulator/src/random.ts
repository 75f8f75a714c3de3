import { createHash } from "node:crypto";

/** A source of numbers in [0, 1), always the same row of them for the same seed. */
export type Random = () => number;

/** A seed for one purpose: the same words give the same number on every machine. */
export function seedOf(...words: readonly (string | number)[]): number {
  return createHash("sha256").update(words.join("\u0000")).digest().readUInt32LE(0);
}

/** The generator known as mulberry32 (public domain, Tommy Ettinger): 32 bits of state, ample for faults and colours. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
