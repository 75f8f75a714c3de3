import { InvalidRequestError } from "@darkroom/router";

/** Where a part's header lines and content lie in the body: `[start, end)`, in bytes. */
export interface PartSpan {
  readonly start: number;
  readonly end: number;
}

const carriageReturn = 0x0d;
const dash = 0x2d;

function malformed(message: string): InvalidRequestError {
  return new InvalidRequestError(message, { code: "invalid_multipart" });
}

/**
 * Finds the boundaries of a form as it arrives, beside the parser. It decides nothing about a part; it is how we
 * know that the parser has seen them all, since busboy leaves out silently what it cannot make sense of: a part
 * without a usable header, or all that follows a boundary with something behind it.
 */
export class PartOutline {
  readonly spans: PartSpan[] = [];
  readonly #delimiter: Buffer;
  /** The end of what came, where a boundary may have begun. The first boundary needs no line break before it. */
  #tail = Buffer.from("\r\n");
  /** Offset in the body of the byte behind `#tail`. */
  #received = 0;
  /** Where the part that is arriving began; undefined before the first boundary. */
  #partStart: number | undefined;
  #searchFrom = -2;
  #isComplete = false;

  constructor(boundary: string) {
    // Headers reach us as one character a byte.
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  /** Whether the closing boundary has arrived. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** @throws InvalidRequestError where a line begins with the boundary and goes on */
  push(chunk: Buffer): void {
    if (this.#isComplete) return;
    const needed = this.#delimiter.length + 2;
    const tailStart = this.#received - this.#tail.length;
    const seam = Buffer.concat([this.#tail, chunk.subarray(0, needed)]);
    this.#search(seam, tailStart);
    this.#search(chunk, this.#received);
    this.#received += chunk.length;
    const last = chunk.length >= needed ? chunk : seam;
    this.#tail = Buffer.from(last.subarray(Math.max(0, last.length - needed + 1)));
  }

  #search(bytes: Buffer, offset: number): void {
    const { length } = this.#delimiter;
    while (!this.#isComplete) {
      const index = bytes.indexOf(this.#delimiter, Math.max(0, this.#searchFrom - offset));
      if (index < 0 || index + length + 2 > bytes.length) return;
      this.#onBoundary(offset + index, bytes.readUInt16BE(index + length));
    }
  }

  #onBoundary(at: number, follower: number): void {
    const behind = at + this.#delimiter.length;
    if (this.#partStart !== undefined) this.spans.push({ start: this.#partStart, end: at });
    this.#searchFrom = behind;
    if (follower === (dash << 8) + dash) {
      this.#isComplete = true;
    } else if (follower === (carriageReturn << 8) + 0x0a) {
      this.#partStart = behind + 2;
    } else {
      throw malformed("The form holds a line that begins with its boundary but is none.");
    }
  }
}
