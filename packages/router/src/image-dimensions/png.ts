import { type Dimensions, claimed } from "./dimensions.js";

const headerBytes = 24;

/** A PNG begins with its signature and the chunk IHDR: length, name, width, height (https://www.w3.org/TR/png-3/#11IHDR). */
export function pngDimensions(file: Buffer): Dimensions | undefined {
  if (file.length < headerBytes || file.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return claimed(file.readUInt32BE(16), file.readUInt32BE(20));
}
