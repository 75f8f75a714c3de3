import { type Dimensions, claimed } from "./dimensions.js";

const headerBytes = 10;

/** The logical screen follows the signature (https://www.w3.org/Graphics/GIF/spec-gif89a.txt, 18). */
export function gifDimensions(file: Buffer): Dimensions | undefined {
  if (file.length < headerBytes) return undefined;
  return claimed(file.readUInt16LE(6), file.readUInt16LE(8));
}
