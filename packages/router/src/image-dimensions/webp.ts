import { type Dimensions, claimed } from "./dimensions.js";

/** Of a lossless picture, the shortest; the other two say their size further behind. */
const losslessHeaderBytes = 25;
const headerBytes = 30;
const fourteenBits = 0x3fff;

/** The first chunk of the RIFF file tells the size, in one of three ways (https://www.rfc-editor.org/rfc/rfc9649). */
export function webpDimensions(file: Buffer): Dimensions | undefined {
  const format = file.toString("latin1", 12, 16);
  if (file.length < (format === "VP8L" ? losslessHeaderBytes : headerBytes)) return undefined;
  switch (format) {
    case "VP8X":
      return claimed(1 + file.readUIntLE(24, 3), 1 + file.readUIntLE(27, 3));
    case "VP8 ":
      if (file.readUIntBE(23, 3) !== 0x9d012a) return undefined;
      return claimed(file.readUInt16LE(26) & fourteenBits, file.readUInt16LE(28) & fourteenBits);
    case "VP8L": {
      if (file[20] !== 0x2f) return undefined;
      const bits = file.readUInt32LE(21);
      return claimed(1 + (bits & fourteenBits), 1 + ((bits >>> 14) & fourteenBits));
    }
    default:
      return undefined;
  }
}
