import { isUtf8 } from "node:buffer";
import { type OriginalPart, slicesOf } from "@darkroom/router";

/** A part whose content has not been cut out of the body. */
type FoundPart = Omit<OriginalPart, "content">;

/** How far a scanner goes before it leaves a form to the parser of record. */
export interface ScannerLimits {
  readonly maxParts: number;
  /** In characters. */
  readonly maxNameLength: number;
  /** Of one field's content, and that of a file without a name, in bytes. */
  readonly maxFieldBytes: number;
}

/** Header lines as the clients of today write them; whatever is written otherwise is not canonical. */
const disposition =
  /^Content-Disposition: form-data; name="([^"\\\p{Cc}]+)"(?:; filename="([^"\\\p{Cc}]*)")?$/iu;
const contentType = /^Content-Type: ([\w!#$&^.+-]+\/[\w!#$&^.+-]+)$/i;

const endOfHeader = Buffer.from("\r\n\r\n");
const longestHeaderBytes = 16 * 1024;
const lineBreak = "\r\n";

/**
 * Finds the parts of a canonical form as its bytes arrive, so that they can be sent on as they came. It goes through four
 * states: `content` (up to the next boundary; the form begins here, as if behind an empty content), `boundary` (what stands
 * behind it: another part, or the end), `header` and `end`. Whatever is not canonical makes it decline for good, and the
 * parser of record decides: a preamble, an epilogue, other header lines, escapes in names, text that is no UTF-8.
 */
export class FormScanner {
  readonly #delimiter: Buffer;
  readonly #parts: FoundPart[] = [];
  #state: "content" | "boundary" | "header" | "end" | "declined" = "content";
  /** Offset in the body of the chunk that is being scanned. */
  #chunkStart = 0;
  /** The bytes of the state so far that may turn out to belong to what ends it. */
  #carried = Buffer.from(lineBreak);
  /** Where the content, or else the header, of the part that is being scanned begins. */
  #contentStart = -lineBreak.length;
  #headerStart = 0;
  #part: Omit<FoundPart, "contentSpan" | "end"> | undefined;

  constructor(
    boundary: string,
    private readonly limits: ScannerLimits,
  ) {
    this.#delimiter = Buffer.from(`${lineBreak}--${boundary}`, "latin1");
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#state !== "declined") {
      const rest = at === 0 ? chunk : chunk.subarray(at);
      at += this.#scan(rest, this.#chunkStart + at);
    }
    this.#chunkStart += chunk.length;
  }

  /**
   * The parts, in order; undefined where the form is empty, not canonical, or not complete.
   * @param chunks all that was pushed
   */
  finish(chunks: readonly Buffer[]): readonly OriginalPart[] | undefined {
    const isComplete = this.#state === "end" && ["", lineBreak].includes(this.#carried.toString("latin1"));
    if (!isComplete || this.#parts.length === 0) return undefined;
    return this.#parts.map((part) => ({ ...part, content: slicesOf(chunks, part.contentSpan) }));
  }

  /** Scans some of `bytes`, which stand at `offset` in the body. Returns how many it has dealt with. */
  #scan(bytes: Buffer, offset: number): number {
    switch (this.#state) {
      case "content":
        return this.#scanContent(bytes, offset);
      case "boundary":
        return this.#scanBoundary(bytes, offset);
      case "header":
        return this.#scanHeader(bytes, offset);
      case "end":
        this.#carried = Buffer.concat([this.#carried, bytes.subarray(0, lineBreak.length + 1)]);
        return bytes.length;
      case "declined":
        return bytes.length;
    }
  }

  #scanContent(bytes: Buffer, offset: number): number {
    const delimiter = this.#delimiter;
    const carried = this.#carried.length;
    // A boundary may stand across the seam of two chunks; the chunk itself is searched where it lies.
    const seam = Buffer.concat([this.#carried, bytes.subarray(0, delimiter.length - 1)]);
    const inSeam = seam.indexOf(delimiter);
    const found = inSeam >= 0 ? inSeam - carried : bytes.indexOf(delimiter);
    if (found < 0 && inSeam < 0) {
      const last = bytes.length >= delimiter.length ? bytes : seam;
      this.#carried = Buffer.from(last.subarray(Math.max(0, last.length - delimiter.length + 1)));
      return bytes.length;
    }
    this.#endContent(offset + found);
    return found + delimiter.length;
  }

  #endContent(end: number): void {
    const { maxFieldBytes, maxParts } = this.limits;
    const part = this.#part;
    const contentSpan = { start: this.#contentStart, end };
    const isPreamble = part === undefined && end !== this.#contentStart;
    // A boundary that shares the header's last line break: parsers differ on whether it is one.
    const isAmbiguous = end < contentSpan.start;
    const isTooLong = part !== undefined && !part.fileName && end - contentSpan.start > maxFieldBytes;
    if (isPreamble || isAmbiguous || isTooLong || this.#parts.length >= maxParts) {
      this.#state = "declined";
      return;
    }
    if (part !== undefined) this.#parts.push({ ...part, contentSpan, end: end + this.#delimiter.length });
    this.#enter("boundary");
  }

  #scanBoundary(bytes: Buffer, offset: number): number {
    const missing = lineBreak.length - this.#carried.length;
    const behind = Buffer.concat([this.#carried, bytes.subarray(0, missing)]);
    const read = Math.min(missing, bytes.length);
    this.#carried = behind;
    if (behind.length < lineBreak.length) return read;
    const text = behind.toString("latin1");
    if (text === lineBreak) {
      this.#headerStart = offset + read;
      this.#enter("header");
    } else if (text === "--") this.#enter("end");
    else this.#state = "declined";
    return read;
  }

  #scanHeader(bytes: Buffer, offset: number): number {
    const carried = this.#carried.length;
    const header = Buffer.concat([this.#carried, bytes.subarray(0, longestHeaderBytes)]);
    const end = header.indexOf(endOfHeader);
    if (end < 0) {
      this.#carried = header;
      if (header.length > longestHeaderBytes) this.#state = "declined";
      return bytes.length;
    }
    this.#part = this.#readHeader(header.subarray(0, end));
    const read = end + endOfHeader.length - carried;
    this.#contentStart = offset + read;
    if (this.#part === undefined) this.#state = "declined";
    else this.#enter("content", lineBreak);
    return read;
  }

  #readHeader(bytes: Buffer): Omit<FoundPart, "contentSpan" | "end"> | undefined {
    if (!isUtf8(bytes)) return undefined;
    const [first = "", second, ...others] = bytes.toString("utf8").split(lineBreak);
    const named = disposition.exec(first);
    const type = second === undefined ? undefined : contentType.exec(second)?.[1];
    const [, name = "", fileName] = named ?? [];
    const isUnknown = named === null || others.length > 0 || (second !== undefined && type === undefined);
    // A field with a type of its own may be in a charset of its own.
    const isTypedField = fileName === undefined && type !== undefined;
    if (isUnknown || isTypedField || name.length > this.limits.maxNameLength) return undefined;
    return {
      start: this.#headerStart,
      name,
      ...(fileName === undefined ? {} : { fileName }),
      ...(type === undefined ? {} : { contentType: type }),
    };
  }

  #enter(state: "content" | "boundary" | "header" | "end", carried = ""): void {
    this.#state = state;
    this.#carried = Buffer.from(carried);
  }
}
