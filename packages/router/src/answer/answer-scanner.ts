import { JsonStringEnd } from "../json/json-string-end.js";
import type { AnswerLayout } from "./answer-layout.js";
import { LayoutRecorder } from "./layout-recorder.js";

/** What an answer says of itself, read without parsing its images. */
export interface AnswerFacts {
  readonly usage: unknown;
  readonly size: string | undefined;
  readonly quality: string | undefined;
  /** Number of items in `data`. */
  readonly images: number;
  readonly error: unknown;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

const wantedKeys: ReadonlySet<string> = new Set(["usage", "size", "quality", "error", "type"]);
/** Longer values are not what we look for: a hostile answer must not make us keep its bytes twice. */
const longestValueBytes = 64 * 1024;
const longestKeyBytes = 64;

/**
 * Reads the few small top-level values of a JSON answer as its bytes arrive, at any split.
 *
 * The answer is some megabytes of base64 with a few hundred bytes around it: strings are crossed by a native search for
 * the closing quote and never decoded; only the values of wanted keys are kept, and parsed on demand.
 */
export class AnswerScanner {
  #depth = 0;
  #started = false;
  #inString = false;
  readonly #stringEnd = new JsonStringEnd();
  #expectsKey = false;
  #insideData = false;
  /** Bytes of the top-level key being read. */
  #keyBytes: Buffer[] | undefined;
  #key: string | undefined;
  /** Bytes of the wanted value being read. */
  #valueBytes: Buffer[] | undefined;
  #images = 0;
  readonly #values = new Map<string, string>();
  readonly #layout = new LayoutRecorder();
  /** Bytes before the chunk that is read. */
  #offset = 0;
  #keyStart = 0;

  push(chunk: Buffer): void {
    let at = 0;
    let valueFrom = 0;
    let keyFrom = 0;
    while (at < chunk.length) {
      if (this.#inString) {
        const end = this.#stringEnd.find(chunk, at);
        if (end < 0) break;
        if (this.#keyBytes !== undefined) {
          this.#keyBytes.push(chunk.subarray(keyFrom, end));
          this.#endKey(decodeKey(this.#keyBytes), this.#offset + end + 1);
        } else {
          this.#layout.endText(this.#offset + end);
        }
        this.#inString = false;
        at = end + 1;
        continue;
      }
      switch (chunk[at] ?? 0) {
        case quote:
          this.#inString = true;
          if (this.#expectsKey && (this.#depth === 1 || this.#depth === 3)) {
            this.#keyBytes = [];
            this.#expectsKey = false;
            keyFrom = at + 1;
            this.#keyStart = this.#offset + at;
          } else if (this.#isPlaceWanted) {
            this.#layout.beginText(this.#offset + at + 1);
          }
          break;
        case colon:
          if (this.#depth === 1 && this.#key !== undefined) {
            this.#insideData = this.#key === "data";
            if (wantedKeys.has(this.#key)) {
              this.#valueBytes = [];
              valueFrom = at + 1;
            }
          }
          break;
        case openBrace:
        case openBracket:
          this.#depth += 1;
          this.#started = true;
          if (this.#depth === 1) this.#expectsKey = true;
          if (this.#depth === 3 && this.#insideData) {
            this.#images += 1;
            if (chunk[at] === openBrace) {
              this.#layout.beginImage();
              this.#expectsKey = true;
            }
          }
          break;
        case closeBrace:
        case closeBracket:
          if (this.#depth === 1) this.#endValue(chunk, valueFrom, at);
          if (this.#depth === 3) {
            this.#layout.endImage();
            this.#expectsKey = false;
          }
          this.#depth -= 1;
          break;
        case comma:
          if (this.#depth === 1) {
            this.#endValue(chunk, valueFrom, at);
            this.#expectsKey = true;
          } else if (this.#depth === 3 && this.#layout.isInImage) {
            this.#layout.beginMember();
            this.#expectsKey = true;
          }
          break;
        default:
      }
      at += 1;
    }
    this.#keyBytes?.push(chunk.subarray(keyFrom));
    if (this.#valueBytes !== undefined) this.#keepValue(chunk.subarray(valueFrom));
    this.#offset += chunk.length;
  }

  /** Whether what was read is one whole JSON object or array. */
  get complete(): boolean {
    return this.#started && this.#depth === 0 && !this.#inString;
  }

  get facts(): AnswerFacts {
    return {
      images: this.#images,
      usage: this.#parsed("usage"),
      error: this.#parsed("error"),
      size: this.#text("size"),
      quality: this.#text("quality"),
    };
  }

  /** The value of the top-level key `type`, as events carry it. */
  get type(): string | undefined {
    return this.#text("type");
  }

  /** Where in what was read the images stand. */
  get layout(): AnswerLayout {
    return this.#layout.layout;
  }

  get #isPlaceWanted(): boolean {
    if (this.#depth === 3) return this.#layout.isMemberWanted;
    return this.#depth === 1 && this.#key === "size";
  }

  #endKey(name: string, end: number): void {
    this.#keyBytes = undefined;
    if (this.#depth === 1) this.#key = name;
    else this.#layout.endName(name, { start: this.#keyStart, end });
  }

  #keepValue(bytes: Buffer): void {
    this.#valueBytes?.push(bytes);
    if (byteLength(this.#valueBytes ?? []) > longestValueBytes) this.#valueBytes = undefined;
  }

  #kept(): string | undefined {
    return this.#valueBytes && Buffer.concat(this.#valueBytes).toString("utf8");
  }

  #endValue(chunk: Buffer, from: number, to: number): void {
    if (this.#valueBytes !== undefined && this.#key !== undefined) {
      this.#keepValue(chunk.subarray(from, to));
      const kept = this.#kept();
      if (kept !== undefined) this.#values.set(this.#key, kept);
    }
    this.#valueBytes = undefined;
    this.#key = undefined;
    this.#insideData = false;
  }

  /** Undefined for null too: both say nothing. */
  #parsed(key: string): unknown {
    const text = this.#values.get(key);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #text(key: string): string | undefined {
    const value = this.#parsed(key);
    return typeof value === "string" ? value : undefined;
  }
}

function byteLength(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}

/** A key may be written with escapes (`"us\u0061ge"`); a very long one is none of ours. */
function decodeKey(bytes: readonly Buffer[]): string {
  if (byteLength(bytes) > longestKeyBytes) return "";
  const text = Buffer.concat(bytes).toString("utf8");
  if (!text.includes("\\")) return text;
  try {
    const decoded: unknown = JSON.parse(`"${text}"`);
    return typeof decoded === "string" ? decoded : "";
  } catch {
    return "";
  }
}
