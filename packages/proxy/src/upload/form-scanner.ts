import { type OriginalPart, slicesOf } from "@darkroom/router";
import { type PartHeaderLines, readPartHeader } from "./part-header-lines.js";

/** A part whose content has not been cut out of the body. */
interface FoundPart extends Omit<OriginalPart, "content" | keyof PartHeaderLines> {
  readonly header: PartHeaderLines;
}

/** How far a scanner goes before it leaves a form to the parser of record. */
export interface ScannerLimits {
  readonly maxParts: number;
  /** In characters. */
  readonly maxNameLength: number;
  /** Of one field's content, and that of a file without a name, in bytes. */
  readonly maxFieldBytes: number;
}

const lineBreak = Buffer.from("\r\n");
const twoDashes = Buffer.from("--");
const endOfHeader = Buffer.from("\r\n\r\n");
/** The empty line behind it included. */
const longestHeaderBytes = 16 * 1024;

/**
 * Finds the parts of a canonical form as its bytes arrive, so that they can be sent on as they came. It goes through four
 * states: `content` (up to the next boundary; the form begins here, as if behind an empty content), `boundary` (what stands
 * behind it: another part, or the end), `header` and `end`. Whatever is not canonical makes it decline for good, and the
 * parser of record decides: a preamble, an epilogue, other header lines, escapes in names, text that is no UTF-8.
 *
 * Bytes are searched where they lie. Only what may span two chunks is joined with the start of the next one.
 */
export class FormScanner {
  readonly #delimiter: Buffer;
  readonly #parts: FoundPart[] = [];
  #state: "content" | "boundary" | "header" | "end" | "declined" = "content";
  /** Offset in the body of the first byte that is not decided on. The form begins behind a line break that never came. */
  #position = -lineBreak.length;
  /** What has come from there on: too little to decide on. */
  #undecided: Buffer = lineBreak;
  /** How many bytes have come in all. */
  #received = 0;
  /** The part that is being scanned: where its header lines and its content begin, and what they say. */
  #headerStart = 0;
  #contentStart = this.#position;
  #header: PartHeaderLines | undefined;

  constructor(
    boundary: string,
    private readonly limits: ScannerLimits,
  ) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  push(chunk: Buffer): void {
    if (this.#state === "declined") return;
    const start = this.#received;
    this.#received += chunk.length;
    if (this.#position < start) {
      // Long enough to decide on whatever begins in the chunk before.
      const reach = this.#state === "header" ? longestHeaderBytes : this.#delimiter.length - 1;
      const seam = Buffer.concat([this.#undecided, chunk.subarray(0, reach)]);
      this.#scan(seam, start - this.#undecided.length, start);
      // Then the seam has all of the chunk.
      if (this.#position < start) return;
    }
    this.#scan(chunk, start, this.#received);
  }

  /**
   * The parts, in order; undefined where the form is empty, not canonical, or not complete.
   * @param chunks all that was pushed
   */
  finish(chunks: readonly Buffer[]): readonly OriginalPart[] | undefined {
    const isComplete = this.#undecided.length === 0 || this.#undecided.equals(lineBreak);
    if (this.#state !== "end" || !isComplete || this.#parts.length === 0) return undefined;
    // Spelled out: a spread of the header costs ten times as much, and this is done for every part.
    return this.#parts.map(({ header: { name, fileName, contentType }, start, contentSpan, end }) => {
      return { name, fileName, contentType, start, contentSpan, end, content: slicesOf(chunks, contentSpan) };
    });
  }

  /** Scans `bytes`, which stand at `start` in the body, until it has come to `until` or they leave it undecided. */
  #scan(bytes: Buffer, start: number, until: number): void {
    let goesOn = true;
    while (goesOn && this.#position < until) goesOn = this.#step(bytes, this.#position - start);
    this.#undecided = bytes.subarray(this.#position - start);
  }

  /** Decides on what stands at index `at` of `bytes`. Returns whether it could, and there is more to decide on. */
  #step(bytes: Buffer, at: number): boolean {
    switch (this.#state) {
      case "content":
        return this.#scanContent(bytes, at);
      case "boundary":
        return this.#scanBoundary(bytes, at);
      case "header":
        return this.#scanHeader(bytes, at);
      case "end":
        return bytes.length - at <= lineBreak.length ? false : this.#decline();
      case "declined":
        return false;
    }
  }

  #scanContent(bytes: Buffer, at: number): boolean {
    const delimiter = this.#delimiter;
    const found = bytes.indexOf(delimiter, at);
    if (found < 0) {
      // The last bytes may be the beginning of a boundary.
      this.#position += Math.max(0, bytes.length - at - delimiter.length + 1);
      return false;
    }
    return this.#endContent(this.#position + found - at);
  }

  #endContent(end: number): boolean {
    const { maxFieldBytes, maxParts } = this.limits;
    const header = this.#header;
    const contentSpan = { start: this.#contentStart, end };
    const isPreamble = header === undefined && end !== contentSpan.start;
    // A boundary that shares the header's last line break: parsers differ on whether it is one.
    const isAmbiguous = end < contentSpan.start;
    const isTooLong = header !== undefined && !header.fileName && end - contentSpan.start > maxFieldBytes;
    if (isPreamble || isAmbiguous || isTooLong || this.#parts.length >= maxParts) return this.#decline();
    this.#position = end + this.#delimiter.length;
    if (header !== undefined) {
      this.#parts.push({ header, start: this.#headerStart, contentSpan, end: this.#position });
    }
    this.#state = "boundary";
    return true;
  }

  #scanBoundary(bytes: Buffer, at: number): boolean {
    if (bytes.length - at < lineBreak.length) return false;
    this.#position += lineBreak.length;
    const isFollowedBy = (two: Buffer) => bytes[at] === two[0] && bytes[at + 1] === two[1];
    if (isFollowedBy(lineBreak)) {
      this.#headerStart = this.#position;
      this.#state = "header";
    } else if (isFollowedBy(twoDashes)) this.#state = "end";
    else return this.#decline();
    return true;
  }

  #scanHeader(bytes: Buffer, at: number): boolean {
    const end = bytes.indexOf(endOfHeader, at);
    const behind = end < 0 ? bytes.length : end + endOfHeader.length;
    if (behind - at > longestHeaderBytes) return this.#decline();
    if (end < 0) return false;
    const header = readPartHeader(bytes, at, end);
    if (header === undefined || header.name.length > this.limits.maxNameLength) return this.#decline();
    this.#header = header;
    this.#contentStart = this.#position + behind - at;
    // A boundary could begin with the header's last line break.
    this.#position = this.#contentStart - lineBreak.length;
    this.#state = "content";
    return true;
  }

  #decline(): false {
    this.#state = "declined";
    return false;
  }
}
