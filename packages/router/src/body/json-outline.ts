import { JsonStringEnd } from "../json/json-string-end.js";
import { InvalidRequestError } from "./invalid-request-error.js";

const quote = 0x22;

/** Of a string, so much is kept: a prompt of any length that is allowed, and an image's header in base64. */
export const longestStringBytes = 96 * 1024;
/** Parsed in one go, so that it must not take long. */
const longestOutlineBytes = 2 * 1024 * 1024;

/** A stretch of the body that is left out of its outline. */
interface Cut {
  /** Where in the outline it would stand. */
  readonly at: number;
  bytes: number;
}

/**
 * A JSON body without what its longest strings hold beyond their first 96 KiB: the data of images, which nobody has to parse
 * here. It is made as the body arrives, so that no large body keeps others waiting.
 *
 * What is left out is not looked at but for its end: whether its escapes are right is the upstream's to say.
 */
export class JsonOutline {
  #text = "";
  readonly #cuts: Cut[] = [];
  #inString = false;
  readonly #stringEnd = new JsonStringEnd();
  /** Where in the outline the string began that is being read. */
  #stringStart = 0;
  #isCutting = false;

  static of(chunks: readonly Buffer[]): JsonOutline {
    const outline = new JsonOutline();
    for (const chunk of chunks) outline.push(chunk);
    return outline;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#text.length <= longestOutlineBytes) {
      const end = this.#inString ? this.#stringEnd.find(chunk, at) : chunk.indexOf(quote, at);
      const stop = end < 0 ? chunk.length : end;
      this.#take(chunk, at, stop);
      if (end < 0) return;
      this.#text += '"';
      this.#inString = !this.#inString;
      this.#stringStart = this.#text.length;
      this.#isCutting = false;
      at = end + 1;
    }
  }

  /**
   * What is left of the body, one character a byte (latin1), so that offsets in it are offsets of bytes.
   * @throws InvalidRequestError where that is too much
   */
  text(): string {
    if (this.#text.length > longestOutlineBytes) throw tooLarge();
    return this.#text;
  }

  /** Where in the body stands what is at `offset` in the outline, outside of strings or at a string's end. */
  bodyOffset(offset: number): number {
    return this.#cuts.reduce((sum, { at, bytes }) => (at <= offset ? sum + bytes : sum), offset);
  }

  #take(chunk: Buffer, start: number, end: number): void {
    const room = this.#inString ? this.#stringStart + longestStringBytes - this.#text.length : Infinity;
    const kept = this.#isCutting ? start : Math.min(end, start + room);
    this.#text += chunk.toString("latin1", start, kept);
    if (kept === end) return;
    if (!this.#isCutting) this.#beginCut();
    const cut = this.#cuts.at(-1);
    if (cut !== undefined) cut.bytes += end - kept;
  }

  #beginCut(): void {
    const length = this.#stringStart + wholeLength(this.#text.slice(this.#stringStart));
    this.#cuts.push({ at: length, bytes: this.#text.length - length });
    this.#text = this.#text.slice(0, length);
    this.#isCutting = true;
  }
}

/** How much of a string's beginning is whole, without half a character or half an escape at its end. */
function wholeLength(latin1: string): number {
  const character = /[\xc0-\xff][\x80-\xbf]{0,2}$/.exec(latin1)?.index ?? latin1.length;
  const [escapes = ""] = /\\+(?:u[\da-fA-F]{0,3})?$/.exec(latin1.slice(0, character)) ?? [];
  const backslashes = escapes.replace(/u.*$/, "").length;
  return backslashes % 2 === 1 ? character - escapes.length + backslashes - 1 : character;
}

function tooLarge(): InvalidRequestError {
  return new InvalidRequestError(
    `The request body holds more than ${String(longestOutlineBytes / 1024 / 1024)} MiB besides the data of its images.`,
    { code: "json_too_large" },
  );
}
