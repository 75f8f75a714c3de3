import { type Dimensions, claimed } from "./dimensions.js";

const startOfScan = 0xda;
const endOfImage = 0xd9;
/** C4, C8 and CC stand among the frame markers and are none (https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1). */
const notFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/**
 * Goes from segment to segment to the first frame header (SOF). Like libjpeg it passes over bytes between segments and
 * over fill bytes: a reader that is misled by them can be shown another size than the picture has.
 */
export function jpegDimensions(file: Buffer): Dimensions | undefined {
  let at = 2;
  for (;;) {
    at = file.indexOf(0xff, at);
    while (at >= 0 && file[at] === 0xff) at += 1;
    // Behind the marker stands the length of its segment.
    if (at < 0 || at + 3 > file.length) return undefined;
    const marker = file.readUInt8(at);
    at += 1;
    if (marker === startOfScan || marker === endOfImage) return undefined;
    if (standsAlone(marker)) continue;
    const segmentBytes = file.readUInt16BE(at);
    if (isFrame(marker)) return frameDimensions(file.subarray(at, at + segmentBytes));
    at += Math.max(segmentBytes, 2);
  }
}

/** Length (2 bytes), precision (1), height (2), width (2). A height of 0 is told behind the first scan, which is too late. */
function frameDimensions(frame: Buffer): Dimensions | undefined {
  return frame.length < 7 ? undefined : claimed(frame.readUInt16BE(5), frame.readUInt16BE(3));
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker);
}

/** Markers without a segment: a stuffed zero, TEM, the restarts and a second start of image. */
function standsAlone(marker: number): boolean {
  return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}
