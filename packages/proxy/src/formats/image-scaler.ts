import { imageType } from "@darkroom/router";
import type Sharp from "sharp";
import { ConversionError } from "./conversion-error.js";
import { Slots } from "./slots.js";

/** One for each of the two cores of a small machine; each holds some 60 MB at most while it works. */
const atOnce = 2;
/** Far more than any model draws: a small file may claim to be a huge picture. */
const mostPixels = 4096 * 4096;
/** Of what is encoded anew, where the format loses something; the models' own default is 100. */
const quality = 95;

/** Scales images, off the event loop. What it needs is loaded with the first one. */
export class ImageScaler {
  readonly #slots = new Slots(atOnce);
  #sharp: Promise<typeof Sharp> | undefined;

  /**
   * An image of exactly this size in the same format. What is too wide or too high is cut off on both sides; nothing is
   * stretched.
   * @param size `512x512`
   * @throws ConversionError
   */
  async scale(image: Buffer, size: string, signal: AbortSignal): Promise<Buffer> {
    // A drawing of lines would come back as pixels.
    if (imageType(image) === undefined) throw new ConversionError("its format cannot be scaled");
    const [width, height] = size.split("x").map(Number);
    return this.#slots.run(async () => {
      signal.throwIfAborted();
      const sharp = await this.#load();
      try {
        return await sharp(image, { limitInputPixels: mostPixels })
          .resize({ width, height, fit: "cover" })
          .jpeg({ quality, force: false })
          .webp({ quality, force: false })
          .toBuffer();
      } catch {
        throw new ConversionError("the image could not be scaled");
      }
    });
  }

  #load(): Promise<typeof Sharp> {
    this.#sharp ??= import("sharp").then(
      ({ default: sharp }) => {
        // No picture comes twice.
        sharp.cache(false);
        return sharp;
      },
      () => {
        this.#sharp = undefined;
        throw new ConversionError("sharp is not installed");
      },
    );
    return this.#sharp;
  }
}
