import { sidesOf } from "@darkroom/cost-calculator";
import { dimensionsOf, imageType } from "@darkroom/router";
import type Sharp from "sharp";
import { ConversionError } from "./conversion-error.js";
import { Slots } from "./slots.js";

/** One for each of the two cores of a small machine. */
const atOnce = 2;
/** Far more than any model draws: a small file may claim to be a huge picture. */
const mostPixels = 4096 * 4096;
/** Of what is encoded anew, where the format loses something; the models' own default is 100. */
const quality = 95;

/** Measured with sharp 0.35 on pictures of noise of 3840x2160: 9 for PNG, 16 for JPEG, of what is read. */
const bytesPerPixelRead = 16;
/** And of what is written, where it is a WebP. */
const bytesPerPixelOfWebp = 50;

/** Scales images, off the event loop. What it needs is loaded with the first one. */
export class ImageScaler {
  readonly #slots = new Slots(atOnce);
  #sharp: Promise<typeof Sharp> | undefined;

  /**
   * How much memory it takes to scale an image, besides what goes in and comes out.
   * @param size `512x512`
   * @throws ConversionError where it cannot be scaled to that
   */
  workingBytes(image: Buffer, size: string): number {
    const drawn = dimensionsOf([image]);
    const asked = sidesOf(size);
    // A drawing of lines would come back as pixels.
    if (drawn === undefined || asked === undefined) throw new ConversionError("its format cannot be scaled");
    if (drawn.width < asked.width || drawn.height < asked.height) {
      throw new ConversionError("the image is smaller than that");
    }
    const written = imageType(image) === "image/webp" ? asked.width * asked.height * bytesPerPixelOfWebp : 0;
    return drawn.width * drawn.height * bytesPerPixelRead + written;
  }

  /**
   * An image of exactly this size in the same format. What is too wide or too high is cut off on both sides; nothing is
   * stretched.
   * @param size `512x512`, of which the image has `workingBytes`
   * @throws ConversionError
   */
  async scale(image: Buffer, size: string, signal: AbortSignal): Promise<Buffer> {
    return this.#slots.run(async () => {
      signal.throwIfAborted();
      const sharp = await this.#load();
      try {
        return await sharp(image, { limitInputPixels: mostPixels })
          .resize({ ...sidesOf(size), fit: "cover" })
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
