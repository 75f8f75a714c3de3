/**
 * What the first bytes of a picture say of it: its format, its dimensions and whether it can be transparent.
 * Read by hand, so that a load test without drawing never touches an image library.
 */
export interface ImageHeader {
  readonly format: "png" | "jpeg" | "webp";
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/** Undefined when the bytes are none of the three formats, or stop before they say how large the picture is. */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
  try {
    return readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes);
  } catch (error) {
    if (isReadPastEnd(error)) return undefined; // the file is cut short within its header
    throw error;
  }
}

function isReadPastEnd(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ERR_OUT_OF_RANGE" || code === "ERR_BUFFER_OUT_OF_BOUNDS";
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function readPng(bytes: Buffer): ImageHeader | undefined {
  if (!bytes.subarray(0, 8).equals(pngSignature)) return undefined;
  const colourType = bytes.readUInt8(25);
  return measured(
    "png",
    bytes.readUInt32BE(16),
    bytes.readUInt32BE(20),
    (colourType & 4) !== 0 || hasTransparencyChunk(bytes),
  );
}

/** Palette and plain pictures become transparent by a `tRNS` chunk, which stands before the first `IDAT`. */
function hasTransparencyChunk(bytes: Buffer): boolean {
  let position = 8;
  while (position + 8 <= bytes.length) {
    const kind = bytes.toString("latin1", position + 4, position + 8);
    if (kind === "tRNS") return true;
    if (kind === "IDAT") return false;
    position += 12 + bytes.readUInt32BE(position);
  }
  return false;
}

function readJpeg(bytes: Buffer): ImageHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || bytes[2] !== 0xff) return undefined;
  let position = 2;
  for (;;) {
    if (bytes.readUInt8(position) !== 0xff) return undefined;
    const marker = bytes.readUInt8(position + 1);
    if (marker === 0xff) {
      position += 1; // a fill byte
      continue;
    }
    // SOF0 to SOF15 carry the dimensions; C4, C8 and CC in their midst are tables.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return measured("jpeg", bytes.readUInt16BE(position + 7), bytes.readUInt16BE(position + 5), false);
    }
    position += 2 + bytes.readUInt16BE(position + 2);
  }
}

function readWebp(bytes: Buffer): ImageHeader | undefined {
  if (bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WEBP")
    return undefined;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X":
      return measured(
        "webp",
        1 + bytes.readUIntLE(24, 3),
        1 + bytes.readUIntLE(27, 3),
        (bytes.readUInt8(20) & 0x10) !== 0,
      );
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return measured("webp", 1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff), ((bits >>> 28) & 1) === 1);
    }
    case "VP8 ":
      return measured("webp", bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff, false);
    default:
      return undefined;
  }
}

function measured(
  format: ImageHeader["format"],
  width: number,
  height: number,
  hasAlpha: boolean,
): ImageHeader | undefined {
  return width > 0 && height > 0 ? { format, width, height, hasAlpha } : undefined;
}
