import { windowBuckets } from "../window-buckets.js";
import type { AmountWindow } from "./amount-window.js";

/** Buckets in a ring, and their sum: constant memory, however much happens. */
export class RollingWindow implements AmountWindow {
  readonly #bucketMs: number;
  readonly #ring: BigInt64Array;
  /** The same memory: whether a bucket is empty is seen without making a bigint of it. */
  readonly #halves: Int32Array;
  #sum = 0n;
  /** The bucket under way. */
  #newest: number;

  constructor(windowMs: number, nowMs: number) {
    const { bucketMs, counted } = windowBuckets(windowMs);
    this.#bucketMs = bucketMs;
    this.#ring = new BigInt64Array(counted);
    this.#halves = new Int32Array(this.#ring.buffer);
    this.#newest = Math.floor(nowMs / bucketMs);
  }

  used(nowMs: number): bigint {
    this.#turnTo(nowMs);
    return this.#sum;
  }

  add(amount: bigint, atMs: number, nowMs: number): void {
    this.#turnTo(nowMs);
    const bucket = Math.min(Math.floor(atMs / this.#bucketMs), this.#newest);
    if (bucket <= this.#newest - this.#ring.length) return;
    const index = bucket % this.#ring.length;
    const before = this.#ring[index] ?? 0n;
    const after = before + amount < 0n ? 0n : before + amount;
    this.#ring[index] = after;
    this.#sum += after - before;
  }

  returnsAtMs(amount: bigint, nowMs: number): number | undefined {
    this.#turnTo(nowMs);
    const { length } = this.#ring;
    // From the oldest on. A place in the ring is counted up, since a remainder of numbers this large is slow.
    let index = (this.#newest + 1) % length;
    let returned = 0n;
    for (let newer = length - 1; newer >= 0; newer -= 1) {
      if (!this.#isEmpty(index)) returned += this.#ring[index] ?? 0n;
      if (returned >= amount) return (this.#newest - newer + length) * this.#bucketMs;
      index = index + 1 === length ? 0 : index + 1;
    }
    return undefined;
  }

  isOver(nowMs: number): boolean {
    return this.used(nowMs) === 0n;
  }

  #turnTo(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    if (bucket - this.#newest >= this.#ring.length) {
      this.#ring.fill(0n);
      this.#sum = 0n;
      this.#newest = bucket;
    }
    while (this.#newest < bucket) {
      this.#newest += 1;
      const index = this.#newest % this.#ring.length;
      if (this.#isEmpty(index)) continue;
      this.#sum -= this.#ring[index] ?? 0n;
      this.#ring[index] = 0n;
    }
  }

  #isEmpty(index: number): boolean {
    return this.#halves[2 * index] === 0 && this.#halves[2 * index + 1] === 0;
  }
}
