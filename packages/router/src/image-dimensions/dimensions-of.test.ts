import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import type { Dimensions } from "./dimensions.js";
import { dimensionsOf, longestHeaderBytes } from "./dimensions-of.js";

type Encode = (picture: Sharp) => Sharp;

/** Real files of every kind that edits take, as libvips writes them. */
const formats: readonly (readonly [string, Encode])[] = [
  ["png", (picture) => picture.png()],
  ["jpeg", (picture) => picture.jpeg()],
  ["progressive jpeg", (picture) => picture.jpeg({ progressive: true })],
  ["jpeg with a colour profile", (picture) => picture.withMetadata({ icc: "p3", orientation: 6 }).jpeg()],
  ["lossy webp", (picture) => picture.webp()],
  ["lossless webp", (picture) => picture.webp({ lossless: true })],
  ["extended webp", (picture) => picture.withMetadata({ icc: "p3" }).webp()],
  ["gif", (picture) => picture.gif()],
];

async function file(encode: Encode, { width, height }: Dimensions): Promise<Buffer> {
  const background = { r: 200, g: 40, b: 40 };
  return encode(sharp({ create: { width, height, channels: 3, background } })).toBuffer();
}

const photo = { width: 300, height: 200 };
const realFiles = await Promise.all(formats.map(([, encode]) => file(encode, photo)));

const startOfJpeg = Buffer.from([0xff, 0xd8]);

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** A frame header, its three components included. */
function frame({ width, height }: Dimensions, marker = 0xc0): Buffer {
  const content = Buffer.alloc(15);
  content[0] = 8;
  content.writeUInt16BE(height, 1);
  content.writeUInt16BE(width, 3);
  content[5] = 3;
  return segment(marker, content);
}

function jpegOf(...segments: Buffer[]): Buffer[] {
  return [Buffer.concat([startOfJpeg, ...segments])];
}

/** The same bytes in buffers that end anywhere. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...pieces, bytes.subarray(at)];
}

const arrival = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 });

describe.each(formats)("a real %s", (_, encode) => {
  it("has the dimensions that a decoder finds, however it arrived", async () => {
    const dimensions = fc.record({
      width: fc.integer({ min: 1, max: 700 }),
      height: fc.integer({ min: 1, max: 700 }),
    });
    await fc.assert(
      fc.asyncProperty(dimensions, arrival, async (wanted, lengths) => {
        expect(dimensionsOf(cut(await file(encode, wanted), lengths))).toEqual(wanted);
      }),
      { numRuns: 15 },
    );
  });

  it("is unknown as long as its header is cut short", async () => {
    const bytes = await file(encode, photo);
    const known = Array.from({ length: bytes.length }, (_unused, length) =>
      dimensionsOf([bytes.subarray(0, length)]),
    );
    const first = known.findIndex((found) => found !== undefined);
    expect(first).toBeGreaterThan(8);
    expect(known.slice(first)).toEqual(known.slice(first).map(() => photo));
  });
});

describe("a file that lies or is broken", () => {
  const files = fc.constantFrom(...realFiles);

  it("never throws, and says nothing impossible, whatever its bytes", () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      startOfJpeg,
      ...realFiles.map((bytes) => bytes.subarray(0, 16)),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 4096 }), arrival, (magic, bytes, lengths) => {
        expectPossible(dimensionsOf(cut(Buffer.concat([magic, bytes]), lengths)));
      }),
      { numRuns: 3000 },
    );
  });

  it("never throws, and says nothing impossible, wherever a real file is changed", () => {
    const change = fc.record({
      at: fc.nat({ max: 1000 }),
      value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
    });
    fc.assert(
      fc.property(
        files,
        fc.array(change, { minLength: 1, maxLength: 8 }),
        arrival,
        (bytes, changes, lengths) => {
          const changed = Buffer.from(bytes);
          for (const { at, value } of changes) changed[at % changed.length] = value;
          expectPossible(dimensionsOf(cut(changed, lengths)));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("<svg width='10' height='10'/>")],
    ["a bitmap", Buffer.from("BM0000000000000000000000000000000000000000")],
    ["a RIFF file that is no WebP", Buffer.from("RIFF\0\0\0\0WAVEfmt 00000000000000000000000")],
  ])("is unknown where it is %s", (_, bytes) => {
    expect(dimensionsOf([bytes])).toBeUndefined();
  });

  it("is unknown without any buffer", () => {
    expect(dimensionsOf([])).toBeUndefined();
  });

  it("does not believe a PNG whose first chunk is not its header", () => {
    const [bytes = Buffer.alloc(0)] = realFiles;
    const changed = Buffer.from(bytes);
    changed.write("IDAT", 12, "latin1");
    expect(dimensionsOf([changed])).toBeUndefined();
  });

  it.each([
    [0, 200],
    [300, 0],
    [65_536, 200],
    [0xffffffff, 0xffffffff],
  ])("does not believe a PNG of %d by %d", (width, height) => {
    const [bytes = Buffer.alloc(0)] = realFiles;
    const changed = Buffer.from(bytes);
    changed.writeUInt32BE(width, 16);
    changed.writeUInt32BE(height, 20);
    expect(dimensionsOf([changed])).toBeUndefined();
  });

  it("takes the largest that it believes at its word", () => {
    const [bytes = Buffer.alloc(0)] = realFiles;
    const changed = Buffer.from(bytes);
    changed.writeUInt32BE(65_535, 16);
    changed.writeUInt32BE(65_535, 20);
    expect(dimensionsOf([changed])).toEqual({ width: 65_535, height: 65_535 });
  });

  it("does not look at what lies behind the file in the buffer's memory", () => {
    const [bytes = Buffer.alloc(0)] = realFiles;
    const memory = Buffer.from(bytes);
    expect(dimensionsOf([memory.subarray(0, 20)])).toBeUndefined();
  });
});

describe("a JPEG", () => {
  const claim = { width: 640, height: 480 };
  const other = { width: 1, height: 1 };
  const application = (length: number): Buffer => segment(0xe1, Buffer.alloc(length, 0x41));

  it("is known by any kind of frame", () => {
    for (const marker of [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc9, 0xcf]) {
      expect(dimensionsOf(jpegOf(frame(claim, marker)))).toEqual(claim);
    }
  });

  it("is not misled by tables that stand among the frame markers", () => {
    for (const marker of [0xc4, 0xc8, 0xcc]) {
      expect(dimensionsOf(jpegOf(frame(other, marker), frame(claim)))).toEqual(claim);
    }
  });

  it("is not misled by a frame header within another segment", () => {
    expect(dimensionsOf(jpegOf(segment(0xfe, frame(other)), frame(claim)))).toEqual(claim);
  });

  it("has fill bytes and bytes between segments passed over, as decoders do", () => {
    const fill = Buffer.from([0xff, 0xff]);
    const between = Buffer.from([0x00, 0x12, 0xff, 0x00]);
    const misleading = segment(0xfe, frame(other));
    expect(dimensionsOf(jpegOf(fill, misleading, between, fill, frame(claim)))).toEqual(claim);
  });

  it("agrees with a decoder on fill bytes", async () => {
    const bytes = await file((picture) => picture.jpeg(), photo);
    const filled = Buffer.concat([startOfJpeg, Buffer.from([0xff, 0xff]), bytes.subarray(2)]);
    const { width, height } = await sharp(filled).metadata();
    expect(dimensionsOf([filled])).toEqual({ width, height });
  });

  it("is known where its size is the last of the 64 KiB that are read, and unknown a byte later", () => {
    const frameAt = (offset: number): Buffer[] =>
      jpegOf(application(30_000), application(offset - 30_010), frame(claim));
    expect(dimensionsOf(frameAt(longestHeaderBytes - 9))).toEqual(claim);
    expect(dimensionsOf(frameAt(longestHeaderBytes - 8))).toBeUndefined();
  });

  it("is unknown behind the start of its scan, without a frame, and with a height that comes later", () => {
    expect(dimensionsOf(jpegOf(segment(0xda, Buffer.alloc(8)), frame(claim)))).toBeUndefined();
    expect(dimensionsOf(jpegOf(Buffer.from([0xff, 0xd9]), frame(claim)))).toBeUndefined();
    expect(dimensionsOf(jpegOf(application(100)))).toBeUndefined();
    expect(dimensionsOf(jpegOf(frame({ width: 640, height: 0 })))).toBeUndefined();
  });

  it("ends for segments that claim a length of nothing or more than there is", () => {
    const nothing = Buffer.concat(Array.from({ length: 16_000 }, () => Buffer.from([0xff, 0xe0, 0, 0])));
    expect(dimensionsOf(jpegOf(nothing))).toBeUndefined();
    expect(dimensionsOf(jpegOf(Buffer.from([0xff, 0xe0, 0xff, 0xff]), frame(claim)))).toBeUndefined();
    expect(dimensionsOf(jpegOf(frame(claim).subarray(0, 8)))).toBeUndefined();
    expect(dimensionsOf(jpegOf(Buffer.alloc(longestHeaderBytes, 0xff)))).toBeUndefined();
  });
});

function expectPossible(found: Dimensions | undefined): void {
  if (found === undefined) return;
  for (const side of [found.width, found.height]) {
    expect(Number.isInteger(side) && side >= 1 && side <= 65_535).toBe(true);
  }
}
