import type { AnswerHead, AnswerSink } from "../answer/answer-sink.js";
import { Caller } from "./caller.js";
import type { EditReport } from "../report.js";

/** Keeps a whole answer for the caller of the SDK. */
export class WholeAnswer extends Caller implements AnswerSink {
  #body: Buffer | undefined;

  sendWhole(_head: AnswerHead, body: readonly Buffer[], _report: EditReport): Promise<void> {
    // The buffers are used again when this is done.
    this.#body = Buffer.concat(body);
    return Promise.resolve();
  }

  /** @throws Error: no stream was asked for */
  startStream(): void {
    throw new Error("The upstream answered with a stream that was not asked for.");
  }

  writeEvent(): Promise<void> {
    return Promise.resolve();
  }

  endStream(): Promise<void> {
    return Promise.resolve();
  }

  json(): unknown {
    return JSON.parse(this.#body?.toString("utf8") ?? "");
  }
}
