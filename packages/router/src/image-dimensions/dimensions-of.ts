import { imageType } from "../body/image-type.js";
import { partStart } from "../body/part.js";
import type { Dimensions } from "./dimensions.js";
import { gifDimensions } from "./gif.js";
import { jpegDimensions } from "./jpeg.js";
import { pngDimensions } from "./png.js";
import { webpDimensions } from "./webp.js";

/** The most of a file that is read. A JPEG whose frame header stands behind it is unknown. */
export const longestHeaderBytes = 64 * 1024;

/** All formats but JPEG say their size within their first bytes. */
const shortHeaderBytes = 30;
const readersOfShortHeaders = new Map([
  ["image/png", pngDimensions],
  ["image/webp", webpDimensions],
  ["image/gif", gifDimensions],
]);

/**
 * The dimensions that the header of a PNG, JPEG, WebP or GIF claims. Nothing is decoded and no more than the first 64 KiB
 * are looked at; the time grows with them alone. A header may lie: whoever counts on it must bound what a lie can do.
 * @param content the file in the buffers that arrived
 * @returns undefined where the file is none of these, is cut short or contradicts itself; it never throws
 */
export function dimensionsOf(content: readonly Buffer[]): Dimensions | undefined {
  const start = partStart({ content }, shortHeaderBytes);
  const type = imageType(start);
  if (type === undefined) return undefined;
  if (type === "image/jpeg") return jpegDimensions(partStart({ content }, longestHeaderBytes));
  return readersOfShortHeaders.get(type)?.(start);
}
