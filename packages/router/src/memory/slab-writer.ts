import type { BodyChunks } from "./body-chunks.js";
import type { MemoryLease } from "./memory-lease.js";
import { slabBytes } from "./slab-pool.js";

/**
 * Copies a body into slabs as it comes. What does not fill the last one gets a buffer of its own size, so that a body holds no
 * more memory than it has bytes.
 */
export class SlabWriter implements BodyChunks {
  #slab: Buffer | undefined;
  #filled = 0;

  /**
   * @param lease keeps the slabs, and gives them back when it is released by all who hold it
   * @param emit gets the body in its order: full slabs, and at the end the rest
   */
  constructor(
    private readonly lease: MemoryLease,
    private readonly emit: (bytes: Buffer) => void,
  ) {}

  push(chunk: Buffer): void {
    let copied = 0;
    while (copied < chunk.length) {
      this.#slab ??= this.lease.slab();
      const length = chunk.copy(this.#slab, this.#filled, copied);
      copied += length;
      this.#filled += length;
      if (this.#filled === slabBytes) this.#emitSlab(this.#slab);
    }
  }

  /** The body is complete. */
  flush(): void {
    if (this.#slab === undefined) return;
    this.emit(Buffer.from(this.#slab.subarray(0, this.#filled)));
    this.lease.giveBackSlab(this.#slab);
    this.#slab = undefined;
    this.#filled = 0;
  }

  #emitSlab(slab: Buffer): void {
    this.#slab = undefined;
    this.#filled = 0;
    this.emit(slab);
  }
}
