import { createCipheriv, createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

export interface PictureOptions {
  readonly width?: number;
  readonly height?: number;
  /** Whether it has transparency, as a mask must. */
  readonly transparent?: boolean;
  /** Bytes that are of no picture, in a chunk that readers pass over. */
  readonly extra?: Buffer;
}

/** A valid PNG of one colour. */
export function png({ width = 64, height = 64, transparent = false, extra }: PictureOptions = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits a channel
  header[9] = transparent ? 4 : 0; // grey, with or without alpha
  const row = 1 + width * (transparent ? 2 : 1);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    ...(extra === undefined ? [] : [chunk("teSt", extra)]),
    chunk("IDAT", deflateSync(Buffer.alloc(row * height))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A PNG unlike every other, as `png` makes them: the name goes into its bytes. */
export function pictureCalled(name: string, options: PictureOptions = {}): Buffer {
  return png({ ...options, extra: Buffer.concat([Buffer.from(name), options.extra ?? Buffer.alloc(0)]) });
}

/** Bytes without pattern, the same for the same seed. */
export function noise(length: number, seed: string): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** The smallest WebP that says how large it is: lossless, 64 by 64. */
export function webp(): Buffer {
  const body = Buffer.alloc(18);
  body.write("WEBPVP8L", 0, "latin1");
  body.writeUInt32LE(5, 8);
  body[12] = 0x2f; // signature
  body.writeUInt32LE(63 | (63 << 14), 13);
  const head = Buffer.alloc(8);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function chunk(kind: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
