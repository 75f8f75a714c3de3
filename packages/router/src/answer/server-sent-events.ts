import { SmallChunks } from "../memory/small-chunks.js";
import { AnswerScanner, type AnswerFacts } from "./answer-scanner.js";

/** One event of a `text/event-stream`: its bytes exactly as they arrived, and what they say. */
export interface ServerSentEvent {
  readonly bytes: readonly Buffer[];
  /** The `event:` line, else the `type` of the data; empty for a comment or a bare `data: [DONE]`. */
  readonly name: string;
  /** Whether its data is one whole JSON object. */
  readonly isWhole: boolean;
  readonly facts: AnswerFacts;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** Whether a line is data shows in so many bytes. */
const dataFieldBytes = "data:".length;
/** Lines that are not data are an event's name, an id, a comment: nobody needs more of them than this. */
const longestOtherLineBytes = 1024;

/**
 * Cuts a stream of bytes into its events, at any split, without decoding the images in them.
 * All lines end as the first one does: in LF, CRLF or CR.
 */
export class EventReader {
  #bytes: Buffer[] = [];
  readonly #chunks = new SmallChunks((bytes) => this.#bytes.push(bytes));
  #heldBytes = 0;
  #name = "";
  #data = new AnswerScanner();
  /** The last byte of each line: of CRLF it is LF. Not known before the first line's end. */
  #lineEnd: number | undefined;
  /** The first CR was the last byte that came: the next one tells what it is. */
  #endsInCarriageReturn = false;
  /** First bytes of the current line: enough to tell `event:` from `data:`, or the whole `event:` line. */
  #line: Buffer[] = [];
  #lineLength = 0;
  #isData = false;

  /** The events that end in `chunk`. */
  push(chunk: Buffer): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    if (chunk.length === 0) return events;
    if (this.#lineEnd === undefined && this.#learnLineEnd(chunk)) events.push(this.#take());
    let eventFrom = 0;
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(this.#lineEnd ?? lineFeed, at);
      if (end < 0) {
        this.#pushLine(chunk.subarray(at));
        break;
      }
      this.#pushLine(chunk.subarray(at, end));
      at = end + 1;
      if (this.#endLine()) {
        this.#keep(chunk.subarray(eventFrom, at));
        eventFrom = at;
        events.push(this.#take());
      }
    }
    if (eventFrom < chunk.length) this.#keep(chunk.subarray(eventFrom));
    return events;
  }

  /** Bytes of the event that is still incomplete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The last event of a stream that ended before it did: it is given an end, without which no client would see it. */
  unended(): ServerSentEvent | undefined {
    this.#endLine();
    if (!this.#data.complete || this.#eventName === "") return undefined;
    this.#keep(eventEnd);
    return this.#take();
  }

  /** What arrived after the last event's end: a cut event, unless empty. */
  rest(): readonly Buffer[] {
    this.#chunks.flush();
    return this.#bytes;
  }

  /** Whether the line that ended before `chunk` was empty, and ended an event. */
  #learnLineEnd(chunk: Buffer): boolean {
    if (this.#endsInCarriageReturn) {
      this.#lineEnd = chunk[0] === lineFeed ? lineFeed : carriageReturn;
      return this.#lineEnd === carriageReturn && this.#endLine();
    }
    this.#lineEnd = firstLineEnd(chunk);
    this.#endsInCarriageReturn = this.#lineEnd === undefined && chunk.at(-1) === carriageReturn;
    return false;
  }

  #keep(bytes: Buffer): void {
    this.#heldBytes += bytes.length;
    this.#chunks.push(bytes);
  }

  #pushLine(bytes: Buffer): void {
    const lengthBefore = this.#lineLength;
    this.#lineLength += bytes.length;
    if (this.#isData) {
      this.#data.push(bytes);
      return;
    }
    // A line of data may arrive whole, however long: only what has shown to be none is cut.
    if (lengthBefore > longestOtherLineBytes) return;
    this.#line.push(bytes);
    if (this.#lineLength < dataFieldBytes) return;
    const line = Buffer.concat(this.#line);
    if (line.subarray(0, dataFieldBytes).toString("latin1") === "data:") {
      this.#isData = true;
      this.#data.push(line.subarray(dataFieldBytes));
      this.#line = [];
    }
  }

  /** True when the line that ended was empty, which ends the event. */
  #endLine(): boolean {
    const line = Buffer.concat(this.#line);
    const isEmpty = this.#lineLength === 0 || (this.#lineLength === 1 && line[0] === carriageReturn);
    const field = line.toString("utf8");
    if (field.startsWith("event:")) this.#name = field.slice("event:".length).trim();
    this.#line = [];
    this.#lineLength = 0;
    this.#isData = false;
    return isEmpty;
  }

  get #eventName(): string {
    return this.#name === "" ? (this.#data.type ?? "") : this.#name;
  }

  #take(): ServerSentEvent {
    this.#chunks.flush();
    const event = {
      bytes: this.#bytes,
      name: this.#eventName,
      isWhole: this.#data.complete,
      facts: this.#data.facts,
    };
    this.#bytes = [];
    this.#heldBytes = 0;
    this.#name = "";
    this.#data = new AnswerScanner();
    return event;
  }
}

const eventEnd = Buffer.from("\n\n");

/** Undefined where a line's end is not in `bytes`, or only half of what may be a CRLF. */
function firstLineEnd(bytes: Buffer): number | undefined {
  const feed = bytes.indexOf(lineFeed);
  const carriage = bytes.indexOf(carriageReturn);
  if (carriage < 0 || (feed >= 0 && feed <= carriage + 1)) return feed < 0 ? undefined : lineFeed;
  return carriage + 1 < bytes.length ? carriageReturn : undefined;
}

/** The data of an event as text: its lines, joined. */
export function dataOf({ bytes }: ServerSentEvent): string {
  return Buffer.concat(bytes)
    .toString("utf8")
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trimStart())
    .join("\n");
}
