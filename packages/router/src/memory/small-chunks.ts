import type { BodyChunks } from "./body-chunks.js";

const slabBytes = 16 * 1024;
/** A chunk of at least this size is kept as it came. */
const largeBytes = slabBytes / 2;
/** So many small ones are kept as they came, too: the last chunk of nearly every upload is small. */
const fewChunks = 8;

/**
 * Gathers small chunks into larger ones. A client may send its body in chunks of one byte, and a Buffer costs
 * some hundred bytes of its own: kept as they came, 64 MiB would take gigabytes. Large chunks are not copied.
 */
export class SmallChunks implements BodyChunks {
  readonly #emit: (chunk: Buffer) => void;
  #keeps = fewChunks;
  #slab: Buffer | undefined;
  #filled = 0;

  constructor(emit: (chunk: Buffer) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    const isLarge = chunk.length >= largeBytes;
    if (isLarge || this.#keeps > 0) {
      if (!isLarge) this.#keeps -= 1;
      this.flush();
      this.#emit(chunk);
      return;
    }
    if (this.#filled + chunk.length > slabBytes) this.flush();
    this.#slab ??= Buffer.allocUnsafeSlow(slabBytes);
    this.#filled += chunk.copy(this.#slab, this.#filled);
  }

  /** Emits what is gathered, a copy of its exact size unless the slab is well used. */
  flush(): void {
    const slab = this.#slab;
    if (slab === undefined || this.#filled === 0) return;
    const gathered = slab.subarray(0, this.#filled);
    this.#filled = 0;
    if (gathered.length < largeBytes) {
      this.#emit(Buffer.from(gathered));
      return;
    }
    this.#slab = undefined;
    this.#emit(gathered);
  }
}
