import { crc32, deflateSync } from "node:zlib";

/**
 * Writes small PNGs without an image library: each pixel is an index into a palette.
 * Load tests answer with them, and the built-in pictures are made of them.
 */
export interface FlatPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity, 0 to 255 each; at most 256 colours. */
  readonly palette: readonly (readonly [red: number, green: number, blue: number, opacity: number])[];
  /** The index of the colour at a pixel. */
  readonly colourAt: (x: number, y: number) => number;
  /** Pads the file to this length in bytes; a file that is already longer stays as it is. */
  readonly paddedToBytes?: number;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const chunkOverheadBytes = 12;

export function flatPng(picture: FlatPicture): Buffer {
  const { width, height, palette } = picture;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // eight bits a pixel, palette
  const rows = Buffer.alloc((width + 1) * height); // each row begins with its filter: 0, none
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = picture.colourAt(x, y);
  }
  const chunks = [
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap(([red, green, blue]) => [red, green, blue]))),
    chunk("tRNS", Buffer.from(palette.map(([, , , opacity]) => opacity))),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ];
  const missingBytes = (picture.paddedToBytes ?? 0) - chunks.reduce((sum, one) => sum + one.length, 0);
  if (missingBytes >= chunkOverheadBytes) {
    // A private chunk that every reader skips. Random-looking bytes, so that no gzip on the way makes it small.
    chunks.splice(-1, 0, chunk("paDd", incompressible(missingBytes - chunkOverheadBytes)));
  }
  return Buffer.concat(chunks);
}

function chunk(kind: string, data: Buffer): Buffer {
  const name = Buffer.from(kind, "latin1");
  const framed = Buffer.alloc(chunkOverheadBytes + data.length);
  framed.writeUInt32BE(data.length, 0);
  name.copy(framed, 4);
  data.copy(framed, 8);
  framed.writeUInt32BE(crc32(data, crc32(name)), 8 + data.length);
  return framed;
}

function incompressible(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
