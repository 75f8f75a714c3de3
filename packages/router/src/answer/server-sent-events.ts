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
const longestFieldName = 8;
/** Lines that are not data are an event's name, an id, a comment: nobody needs more of them than this. */
const longestOtherLineBytes = 1024;

/**
 * Cuts a stream of bytes into its events, at any split, without copying or decoding the images in them.
 * Lines may end in LF or CRLF (a lone CR, which the standard allows and nobody sends, is not seen as a line's end).
 */
export class EventReader {
  #bytes: Buffer[] = [];
  #name = "";
  #data = new AnswerScanner();
  /** First bytes of the current line: enough to tell `event:` from `data:`, or the whole `event:` line. */
  #line: Buffer[] = [];
  #lineLength = 0;
  #isData = false;

  /** The events that end in `chunk`. */
  push(chunk: Buffer): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let eventFrom = 0;
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(lineFeed, at);
      if (end < 0) {
        this.#pushLine(chunk.subarray(at));
        break;
      }
      this.#pushLine(chunk.subarray(at, end));
      at = end + 1;
      if (this.#endLine()) {
        this.#bytes.push(chunk.subarray(eventFrom, at));
        eventFrom = at;
        events.push(this.#take());
      }
    }
    if (eventFrom < chunk.length) this.#bytes.push(chunk.subarray(eventFrom));
    return events;
  }

  /** Bytes of the event that is still incomplete. */
  get heldBytes(): number {
    return this.#bytes.reduce((sum, { length }) => sum + length, 0);
  }

  /** What arrived after the last event's end: a cut event, unless empty. */
  rest(): readonly Buffer[] {
    return this.#bytes;
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
    if (this.#lineLength < longestFieldName) return;
    const line = Buffer.concat(this.#line);
    if (line.subarray(0, 5).toString("latin1") === "data:") {
      this.#isData = true;
      this.#data.push(line.subarray(5));
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

  #take(): ServerSentEvent {
    const event = {
      bytes: this.#bytes,
      name: this.#name === "" ? (this.#data.type ?? "") : this.#name,
      isWhole: this.#data.complete,
      facts: this.#data.facts,
    };
    this.#bytes = [];
    this.#name = "";
    this.#data = new AnswerScanner();
    return event;
  }
}
