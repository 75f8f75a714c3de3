import type { AnswerHead, AnswerLayout, AnswerSink, EditReport } from "@darkroom/router";
import type { AnswerCopy } from "./answer-copy.js";

/**
 * The answer of an edit that several requests may wait for. The one that began the edit gets it as it comes. Those who have
 * joined get a whole answer together with it, from the same buffers, whether or not there is room for a copy; of a stream
 * they get the copy, once it is complete.
 *
 * The edit's client is gone when all of them are. It is there again when somebody joins.
 */
export class SharedAnswer implements AnswerSink {
  readonly #joined = new Set<AnswerSink>();
  #tellGone: () => void = () => undefined;

  constructor(
    private readonly first: AnswerSink,
    private readonly copy: AnswerCopy,
  ) {
    first.whenGone(() => this.#onLeft());
  }

  /** Has `client` wait for the answer, until it leaves. */
  join(client: AnswerSink): void {
    this.#joined.add(client);
  }

  leave(client: AnswerSink): void {
    this.#joined.delete(client);
    this.#onLeft();
  }

  get isGone(): boolean {
    return this.first.isGone && [...this.#joined].every(({ isGone }) => isGone);
  }

  whenGone(callback: () => void): void {
    this.#tellGone = callback;
  }

  async sendWhole(
    head: AnswerHead,
    body: readonly Buffer[],
    report: EditReport,
    layout: AnswerLayout,
  ): Promise<void> {
    const taken = [this.first, ...this.#joined].map((client) => client.sendWhole(head, body, report, layout));
    this.copy.takeWhole(head, body, report, layout);
    await Promise.all(taken);
  }

  startStream(head: AnswerHead, report: EditReport): void {
    this.first.startStream(head, report);
    this.copy.startStream(head, report);
  }

  writeEvent(bytes: readonly Buffer[]): Promise<void> {
    this.copy.takeEvent(bytes);
    return this.first.writeEvent(bytes);
  }

  endStream(report: EditReport): Promise<void> {
    this.copy.endStream(report);
    return this.first.endStream(report);
  }

  #onLeft(): void {
    if (this.isGone) this.#tellGone();
  }
}
