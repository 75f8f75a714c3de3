import { hash, timingSafeEqual } from "node:crypto";

/**
 * The key of whoever runs the gateway. Only its SHA-256 is kept, and digests are compared in constant time, so that
 * neither a memory dump nor the time of an answer tells the key or its length.
 */
export class MasterKey {
  readonly #digest: Buffer;

  /** @throws RangeError when the key is empty: it would let everybody in who shows an empty one. */
  constructor(key: string) {
    if (key === "") throw new RangeError("The master key must not be empty");
    this.#digest = digestOf(key);
  }

  matches(shown: string | undefined): boolean {
    return shown !== undefined && timingSafeEqual(digestOf(shown), this.#digest);
  }
}

function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}
