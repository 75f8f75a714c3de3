/** A slab holds so many bytes: few enough writes for a large body, and still in the cache when it is scanned. */
export const slabBytes = 128 * 1024;

const windowMs = 10_000;

/**
 * Memory for large bodies, used again and again. New buffers for every body would be counted against V8's limit of external
 * memory, 64 MiB, and each time it is reached the whole heap is marked: a third of the CPU at 4 MiB an edit.
 *
 * Free slabs that nobody needed for ten seconds are left to the garbage collector.
 */
export class SlabPool {
  readonly #free: Buffer[] = [];
  #windowSinceMs: number;
  /** The fewest that were free since the window began: so many were not needed. */
  #fewestFree = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.#windowSinceMs = nowMs();
  }

  /** Slabs that wait for the next body. */
  get free(): number {
    return this.#free.length;
  }

  /** A slab with whatever bytes stand in it. */
  take(): Buffer {
    const slab = this.#free.pop();
    if (slab === undefined) return Buffer.allocUnsafeSlow(slabBytes);
    this.#fewestFree = Math.min(this.#fewestFree, this.#free.length);
    return slab;
  }

  /** For the next body: nobody may read or send them any more. */
  giveBack(slabs: readonly Buffer[]): void {
    this.#free.push(...slabs);
    const nowMs = this.nowMs();
    if (nowMs - this.#windowSinceMs < windowMs) return;
    this.#free.splice(0, this.#fewestFree);
    this.#fewestFree = this.#free.length;
    this.#windowSinceMs = nowMs;
  }
}

/** That of the process: what an upload leaves is used for an answer. */
export const sharedSlabs = new SlabPool();
