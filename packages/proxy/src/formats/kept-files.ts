import { ConversionError } from "./conversion-error.js";
import type { ImageUrls } from "./image-urls.js";
import type { KeptImages } from "./kept-images.js";

/** Images that are kept, and the URLs under which the gateway serves them. */
export class KeptFiles {
  constructor(
    readonly images: KeptImages,
    readonly urls: ImageUrls,
  ) {}

  /**
   * Keeps an image, of so many bytes at most.
   * @returns its name, and the path of its URL
   * @throws ConversionError; the signal's reason
   */
  async keep(
    pieces: Iterable<Buffer>,
    bytes: number,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly path: string }> {
    try {
      const { name, expiresAtMs } = await this.images.keep(pieces, bytes, signal);
      try {
        return { name, path: await this.urls.pathFor(name, expiresAtMs) };
      } catch (error) {
        await this.images.discard(name);
        throw error;
      }
    } catch (error) {
      if (signal.aborted || error instanceof ConversionError) throw error;
      // A disk that is full or read-only is the operator's to know, and no reason to keep an answer back.
      throw new ConversionError("the image could not be kept", { cause: error });
    }
  }
}
