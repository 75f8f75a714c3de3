import type { EditCost } from "@darkroom/cost-calculator";
import type { AnswerHead, AnswerLayout, AnswerSink, EditReport, RouterError } from "@darkroom/router";
import type { RequestRecord } from "../observability/request-record.js";

const nothing: EditCost = {
  nanoUsd: 0n,
  basis: "usage",
  breakdown: { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 0n, outputText: 0n },
};

/**
 * The answer to a request that gets another one's: the same bytes, at no cost, and the other's id in a header. What is told of
 * it, in headers and in the log, is what the request itself came to: it called no upstream.
 */
export class Replay implements AnswerSink {
  readonly #sinceMs = performance.now();
  #isBegun = false;

  /** @param firstId the request whose answer it is */
  constructor(
    private readonly answer: AnswerSink,
    private readonly record: RequestRecord,
    private readonly firstId: string,
  ) {}

  /** Whether it has been given an answer. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  get isGone(): boolean {
    return this.answer.isGone;
  }

  whenGone(callback: () => void): void {
    this.answer.whenGone(callback);
  }

  sendWhole(
    head: AnswerHead,
    body: readonly Buffer[],
    report: EditReport,
    layout: AnswerLayout,
  ): Promise<void> {
    return this.answer.sendWhole(head, body, this.#begin(report), layout);
  }

  startStream(head: AnswerHead, report: EditReport): void {
    this.answer.startStream(head, this.#begin(report));
  }

  writeEvent(bytes: readonly Buffer[]): Promise<void> {
    return this.answer.writeEvent(bytes);
  }

  endStream(report: EditReport): Promise<void> {
    return this.answer.endStream(this.#begin(report));
  }

  /** The error that the first request ended with, as this one's own. */
  errorFrom(error: RouterError): RouterError {
    const { report } = error;
    this.record.replays(this.firstId);
    // In all but its report it is that error.
    return Object.create(error, {
      report: { value: report && this.#reportFrom(report) },
    }) as RouterError;
  }

  #begin(report: EditReport): EditReport {
    this.#isBegun = true;
    this.record.replays(this.firstId);
    const own = this.#reportFrom(report);
    this.record.report = own;
    return own;
  }

  #reportFrom(report: EditReport): EditReport {
    const waitedMs = performance.now() - this.#sinceMs;
    return {
      ...report,
      requestId: this.record.id,
      attempts: [],
      retries: 0,
      fallbacks: 0,
      cost: nothing,
      images: 0,
      upstreamMs: 0,
      waitedMs,
      waits: [{ what: `for the answer of ${this.firstId}`, ms: waitedMs }],
    };
  }
}
