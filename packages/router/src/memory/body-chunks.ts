import type { MemoryLease } from "./memory-lease.js";
import { slabBytes } from "./slab-pool.js";
import { SlabWriter } from "./slab-writer.js";
import { SmallChunks } from "./small-chunks.js";

/** Makes of the chunks of a body, as they come, the buffers that are kept of it. */
export interface BodyChunks {
  push(chunk: Buffer): void;
  /** The body is complete. */
  flush(): void;
}

/**
 * A large body, or one of unknown length, is copied into slabs; a small one stays as it came.
 * @param emit gets the buffers to keep, in order; valid until the lease is released by all who hold it
 */
export function bodyChunks(
  lease: MemoryLease,
  expectedBytes: number | undefined,
  emit: (bytes: Buffer) => void,
): BodyChunks {
  const isSmall = expectedBytes !== undefined && expectedBytes < slabBytes;
  return isSmall ? new SmallChunks(emit) : new SlabWriter(lease, emit);
}
