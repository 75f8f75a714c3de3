import type { AnswerHead, AnswerSink } from "../answer/answer-sink.js";
import { Caller } from "./caller.js";
import type { EditReport } from "../report.js";

/** Keeps a whole answer for the caller of the SDK. */
export class WholeAnswer extends Caller implements AnswerSink {
  readonly #body: Buffer[] = [];

  sendWhole(_head: AnswerHead, body: readonly Buffer[], _report: EditReport): Promise<void> {
    this.#body.push(...body);
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
    return JSON.parse(Buffer.concat(this.#body).toString("utf8"));
  }
}
