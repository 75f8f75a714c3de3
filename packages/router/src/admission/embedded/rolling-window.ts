import { windowBuckets } from "../window-buckets.js";
import type { AmountWindow } from "./amount-window.js";

/** Buckets in a ring, and their sum: constant memory, however much happens. */
export class RollingWindow implements AmountWindow {
  readonly #bucketMs: number;
  readonly #ring: BigInt64Array;
  #sum = 0n;
  /** The bucket under way. */
  #newest: number;

  constructor(windowMs: number, nowMs: number) {
    const { bucketMs, counted } = windowBuckets(windowMs);
    this.#bucketMs = bucketMs;
    this.#ring = new BigInt64Array(counted);
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
    let returned = 0n;
    for (let bucket = this.#newest - this.#ring.length + 1; bucket <= this.#newest; bucket += 1) {
      returned += this.#ring[bucket % this.#ring.length] ?? 0n;
      if (returned >= amount) return (bucket + this.#ring.length) * this.#bucketMs;
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
      this.#sum -= this.#ring[index] ?? 0n;
      this.#ring[index] = 0n;
    }
  }
}
