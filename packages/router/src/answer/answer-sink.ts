import type { IncomingHttpHeaders } from "node:http";
import type { EditReport } from "../report.js";
import type { Client } from "../retries/deadline.js";
import type { AnswerLayout } from "./answer-layout.js";

/** Status and headers as the upstream sent them; names in lower case. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Where an answer is released to: a client's connection, or the caller of the SDK.
 * Once one of its methods was called, nothing is retried any more. A client that is gone swallows what it is sent.
 */
export interface AnswerSink extends Client {
  /**
   * Releases a whole answer. `report` is final. Resolves when the client has taken it all, or is gone: then the buffers of
   * `body` are used for other bodies. It never rejects.
   */
  sendWhole(
    head: AnswerHead,
    body: readonly Buffer[],
    report: EditReport,
    layout: AnswerLayout,
  ): Promise<void>;
  /** Begins a streamed answer. `report` says what is known so far: the cost is not. */
  startStream(head: AnswerHead, report: EditReport): void;
  /** Resolves when more may be written, so that a slow client slows the upstream. */
  writeEvent(bytes: readonly Buffer[]): Promise<void>;
  /** `report` is final. Resolves when the client has taken it all, or is gone. */
  endStream(report: EditReport): Promise<void>;
}
