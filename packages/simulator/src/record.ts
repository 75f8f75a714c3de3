import { createHash } from "node:crypto";
import type { Part } from "./multipart.js";

/** One part of a form as it arrived. `value` only for short fields that are no files. */
export interface RecordedPart {
  readonly name: string;
  readonly fileName: string | null;
  readonly type: string | null;
  readonly rawHeader: string;
  readonly length: number;
  readonly sha256: string;
  readonly value?: string;
}

/** One request as it arrived, and what became of it. The second half is filled in as the request goes on. */
export interface RecordedRequest {
  readonly requestId: string;
  /** ISO 8601, UTC, when the headers had arrived. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  /** Names in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Name, value, name, value, … exactly as they came. */
  readonly rawHeaders: readonly string[];
  /** As the header said; null when the body came chunked. */
  readonly contentLength: number | null;
  /** The same moment in milliseconds since 1970, with fractions. */
  readonly arrivedAtMs: number;
  /** When the last byte of the answer was handed over, or the connection was gone; null: it is under way. */
  endedAtMs: number | null;
  key: string | null;
  organization: string | null;
  /** Null as long as the edit is not understood; so are the next two. */
  model: string | null;
  /** How many were asked for. */
  images: number | null;
  tokens: number | null;
  /** Bytes of the body that were read. */
  bodyLength: number;
  /** In the order they came; null when the body was no readable form. */
  parts: readonly RecordedPart[] | null;
  /** The parsed body, each data URL replaced by its length and SHA-256; null when it was no JSON. */
  json: unknown;
  /** The kind of the fault that struck, if one did. */
  fault: string | null;
  /** The status answered; null as long as none was. */
  status: number | null;
  billed: boolean;
}

const longestRecordedValue = 4096; // characters

/** The last requests that arrived, oldest first, at most so many. */
export class Recorder {
  #ring: RecordedRequest[] = [];
  #oldest = 0;

  constructor(private readonly capacity: number) {}

  /** Whether it is worth while to look at a request closely. */
  get keepsAny(): boolean {
    return this.capacity > 0;
  }

  add(request: RecordedRequest): void {
    if (this.capacity === 0) return;
    if (this.#ring.length < this.capacity) {
      this.#ring.push(request);
      return;
    }
    this.#ring[this.#oldest] = request;
    this.#oldest = (this.#oldest + 1) % this.capacity;
  }

  list(last = this.capacity): readonly RecordedRequest[] {
    const inOrder = [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
    return inOrder.slice(Math.max(0, inOrder.length - last));
  }

  clear(): void {
    this.#ring = [];
    this.#oldest = 0;
  }
}

export function recordedPart(part: Part): RecordedPart {
  const { name, bytes, rawHeader } = part;
  const isShortField = part.fileName === undefined && bytes.length <= longestRecordedValue;
  return {
    name,
    fileName: part.fileName ?? null,
    type: part.type ?? null,
    rawHeader,
    length: bytes.length,
    sha256: sha256(bytes),
    ...(isShortField ? { value: bytes.toString("utf8") } : {}),
  };
}

/** A JSON body for the record: its pictures are told by length (of the decoded bytes) and SHA-256. */
export function recordedJson(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("data:") ? recordedDataUrl(value) : value;
  if (Array.isArray(value)) return value.map(recordedJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, recordedJson(inner)]));
}

function recordedDataUrl(url: string): object {
  const comma = url.indexOf(",");
  const bytes = Buffer.from(url.slice(comma + 1), "base64");
  return { dataUrl: url.slice(0, comma), length: bytes.length, sha256: sha256(bytes) };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
