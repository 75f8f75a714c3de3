import type { AnswerHead, AnswerSink } from "../answer/answer-sink.js";
import { errorIn } from "../answer/error-event.js";
import { EventReader, type ServerSentEvent, dataOf } from "../answer/server-sent-events.js";
import { Caller } from "./caller.js";
import type { EditReport } from "../report.js";

/** One event of a streamed edit, as OpenAI sends it: `image_edit.partial_image` or `image_edit.completed`. */
export interface ImageEditEvent {
  readonly type: string;
  readonly b64_json?: string;
  readonly [field: string]: unknown;
}

/** Hands a streamed answer to a reader, one event at a time: the upstream is not read on until the event is taken. */
export class EventQueue extends Caller implements AnswerSink {
  readonly #reader = new EventReader();
  readonly #events: ImageEditEvent[] = [];
  #ended = false;
  #error: Error | undefined;
  #onEvent: (() => void) | undefined;
  #onTaken: (() => void) | undefined;

  /** An upstream that does not stream answers whole: each of its images is then a completed event. */
  sendWhole(_head: AnswerHead, body: readonly Buffer[], _report: EditReport): Promise<void> {
    const { data = [], ...rest } = JSON.parse(Buffer.concat(body).toString("utf8")) as { data?: object[] };
    this.#events.push(...data.map((image) => ({ type: "image_edit.completed", ...rest, ...image })));
    this.end();
    return Promise.resolve();
  }

  startStream(): void {
    // The reader waits for events, not for their beginning.
  }

  async writeEvent(bytes: readonly Buffer[]): Promise<void> {
    for (const chunk of bytes) {
      for (const event of this.#reader.push(chunk)) this.#add(event);
    }
    this.#onEvent?.();
    if (this.#events.length === 0 || this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#onTaken = resolve;
    });
  }

  endStream(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  /** No event comes after this; readers that wait get the error, if there is one. */
  end(error?: Error): void {
    this.#error ??= error;
    this.#ended = true;
    this.#onEvent?.();
    this.#onTaken?.();
  }

  /**
   * The next event; undefined at the end.
   * @throws what the stream ended with
   */
  async next(): Promise<ImageEditEvent | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (this.#events.length === 0) this.#onTaken?.();
      if (event !== undefined) return event;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#onEvent = resolve;
      });
    }
  }

  #add(event: ServerSentEvent): void {
    const error = errorIn(event);
    if (error !== undefined) {
      const message = "message" in error ? String(error.message) : "The stream ended with an error.";
      this.#error ??= new Error(message);
      return;
    }
    const data = dataOf(event);
    if (data !== "" && data !== "[DONE]") this.#events.push(JSON.parse(data) as ImageEditEvent);
  }
}
