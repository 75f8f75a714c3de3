import type { Clock } from "./clock.js";

const lifetimeMs = 60 * 60 * 1000; // the specification: URLs are valid for 60 minutes
const mostFiles = 1000;

/** The pictures that dall-e-2 answered as URLs. They expire, and the oldest make room for new ones. */
export class ImageFiles {
  readonly #files = new Map<string, { readonly png: Buffer; readonly expiresAtMs: number }>();

  constructor(private readonly clock: Clock) {}

  put(id: string, png: Buffer): void {
    this.#files.set(id, { png, expiresAtMs: this.clock.now() + lifetimeMs });
    if (this.#files.size <= mostFiles) return;
    const oldest = this.#files.keys().next();
    if (oldest.done !== true) this.#files.delete(oldest.value);
  }

  read(id: string): Buffer | undefined {
    const file = this.#files.get(id);
    if (file === undefined || this.clock.now() < file.expiresAtMs) return file?.png;
    this.#files.delete(id);
    return undefined;
  }
}
