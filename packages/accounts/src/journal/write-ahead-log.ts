import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/*
 * SQLite reads its write-ahead log up to the first frame whose checksum is wrong, and takes that for the end: right for a
 * transaction that a crash cut short, which nobody was told of; but a sector gone bad would silently take with it whatever
 * was committed behind it. The two can be told apart, since a transaction is written only after the one before it is safe
 * on the disk: what a crash leaves behind the last whole transaction is at most one more, with at most one commit, as its
 * last frame.
 *
 * The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit tells in which order of bytes checksums are reckoned. */
const magic = 0x377f0682;

/** The two sums that a checksum consists of. */
type Checksum = readonly [number, number];

/** Where a log is damaged, in bytes from its start, and how. */
export interface LogDamage {
  readonly offset: number;
  readonly what: string;
}

/**
 * Looks for committed transactions that SQLite would not read.
 *
 * @param path of a log that no process has open
 * @returns undefined where all that was committed can be read
 */
export function findLogDamage(path: string): LogDamage | undefined {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    // A log is begun by its header, which is on the disk before the first frame.
    if (size <= headerBytes) return undefined;
    const header = readBytes(file, 0, headerBytes);
    // The file has grown, but nothing reached it.
    if (header.every((byte) => byte === 0)) return undefined;
    return new Log(file, size, header).damage();
  } finally {
    closeSync(file);
  }
}

class Log {
  readonly #file: number;
  readonly #header: DataView;
  readonly #littleEndian: boolean;
  readonly #frameBytes: number;
  readonly #frames: number;

  constructor(file: number, size: number, header: Uint8Array) {
    this.#file = file;
    this.#header = viewOf(header);
    this.#littleEndian = (this.#header.getUint32(0) & 1) === 0;
    this.#frameBytes = frameHeaderBytes + this.#header.getUint32(8);
    this.#frames = Math.floor((size - headerBytes) / this.#frameBytes);
  }

  damage(): LogDamage | undefined {
    const header = this.#header;
    let checksum = this.#checksum([0, 0], header, 0, headerBytes - 8);
    if ((header.getUint32(0) & ~1) >>> 0 !== magic || !isAt(header, headerBytes - 8, checksum))
      return { offset: 0, what: "its header is damaged" };

    for (let index = 0; index < this.#frames; index += 1) {
      const frame = this.#frame(index, this.#frameBytes);
      if (!this.#isOfThisLog(frame)) return this.#committedFrom(index);
      checksum = this.#checksum(checksum, frame, 0, 8);
      checksum = this.#checksum(checksum, frame, frameHeaderBytes, this.#frameBytes);
      if (!isAt(frame, 16, checksum)) return this.#committedFrom(index);
    }
    return undefined;
  }

  /** Damage, where a frame follows a commit that is not before `broken`: that commit had reached the disk. */
  #committedFrom(broken: number): LogDamage | undefined {
    let afterCommit = false;
    for (let index = broken; index < this.#frames; index += 1) {
      const frame = this.#frame(index, frameHeaderBytes);
      if (!this.#isOfThisLog(frame)) continue;
      if (afterCommit)
        return {
          offset: headerBytes + broken * this.#frameBytes,
          what: "committed transactions lie behind a damaged one",
        };
      afterCommit = frame.getUint32(4) !== 0;
    }
    return undefined;
  }

  /** Frames of before the log was begun anew have other salts; all they say is in the database already. */
  #isOfThisLog(frame: DataView): boolean {
    return (
      frame.getUint32(8) === this.#header.getUint32(16) && frame.getUint32(12) === this.#header.getUint32(20)
    );
  }

  #frame(index: number, length: number): DataView {
    return viewOf(readBytes(this.#file, headerBytes + index * this.#frameBytes, length));
  }

  #checksum([first, second]: Checksum, view: DataView, start: number, end: number): Checksum {
    for (let offset = start; offset < end; offset += 8) {
      first = (first + view.getUint32(offset, this.#littleEndian) + second) >>> 0;
      second = (second + view.getUint32(offset + 4, this.#littleEndian) + first) >>> 0;
    }
    return [first, second];
  }
}

function isAt(view: DataView, offset: number, [first, second]: Checksum): boolean {
  return view.getUint32(offset) === first && view.getUint32(offset + 4) === second;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readBytes(file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  readSync(file, bytes, 0, length, position);
  return bytes;
}
