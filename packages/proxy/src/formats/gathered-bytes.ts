import { type BodyChunks, bodyChunks } from "@darkroom/router";
import type { ConversionMemory } from "./conversion-memory.js";

/** Bytes that are made piece by piece, in slabs of a conversion's memory. They are valid until that is released. */
export class GatheredBytes {
  readonly #pieces: Buffer[] = [];
  #chunks: BodyChunks | undefined;

  constructor(private readonly memory: ConversionMemory) {}

  /** @throws ConversionError where there is no memory for them */
  async push(bytes: Buffer): Promise<void> {
    const lease = await this.memory.hold(bytes.length);
    this.#chunks ??= bodyChunks(lease, undefined, (piece) => this.#pieces.push(piece));
    this.#chunks.push(bytes);
  }

  end(): readonly Buffer[] {
    this.#chunks?.flush();
    return this.#pieces;
  }
}
