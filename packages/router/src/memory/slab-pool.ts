/** A slab holds so many bytes: few enough writes for a large body, and still in the cache when it is scanned. */
export const slabBytes = 128 * 1024;

const spareSlabs = 512;

/**
 * Memory for large bodies, used again and again. New buffers for every body would be counted against V8's limit of external
 * memory, 64 MiB, and each time it is reached the whole heap is marked: a third of the CPU at 4 MiB an edit.
 */
export class SlabPool {
  readonly #free: Buffer[] = [];
  #inUse = 0;

  /** Slabs that wait for the next body: at most as many as are in use, and 512 (64 MiB). */
  get free(): number {
    return this.#free.length;
  }

  /** A slab with whatever bytes stand in it. */
  take(): Buffer {
    this.#inUse += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
  }

  /** For the next body: nobody may read or send them any more. */
  giveBack(slabs: readonly Buffer[]): void {
    this.#inUse -= slabs.length;
    this.#free.push(...slabs);
    // Kept for a load that goes up and down; after a peak the rest is left to the garbage collector.
    this.#free.length = Math.min(this.#free.length, this.#inUse + spareSlabs);
  }
}
