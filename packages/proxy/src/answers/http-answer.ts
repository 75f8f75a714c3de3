import type { ServerResponse } from "node:http";
import { formatUsd } from "@darkroom/cost-calculator";
import type { AnswerHead, AnswerSink, EditReport } from "@darkroom/router";
import { type Timing, reportHeaders, upstreamHeaders } from "./answer-headers.js";

/** Header names of what a stream can only tell at its end. */
const trailerNames = ["x-litellm-response-cost", "x-litellm-response-duration-ms"];

/** A client that takes nothing of an answer for so long, or not all of it in so long, holds memory that others wait for. */
const longestPauseMs = 60_000;
const longestTakingMs = 600_000;

/** Releases an answer to an HTTP client. */
export class HttpAnswer implements AnswerSink {
  /** @param onRelease called when the answer is on its way: the request's body is not needed any more */
  constructor(
    private readonly response: ServerResponse,
    private readonly timing: () => Timing,
    private readonly onRelease: () => void,
  ) {}

  sendWhole(head: AnswerHead, body: readonly Buffer[], report: EditReport): Promise<void> {
    const { response } = this;
    this.#begin(head, report);
    response.setHeader(
      "content-length",
      body.reduce((sum, buffer) => sum + buffer.length, 0),
    );
    response.cork();
    for (const buffer of body) response.write(buffer);
    response.end();
    response.uncork();
    return this.#taken();
  }

  startStream(head: AnswerHead, report: EditReport): void {
    this.#begin(head, report);
    this.response.setHeader("cache-control", "no-cache");
    // Tells buffering reverse proxies to let each event through at once.
    this.response.setHeader("x-accel-buffering", "no");
    this.response.setHeader("trailer", trailerNames.join(", "));
    this.response.flushHeaders();
  }

  async writeEvent(bytes: readonly Buffer[]): Promise<void> {
    const { response } = this;
    response.cork();
    let mayGoOn = true;
    for (const buffer of bytes) mayGoOn = response.write(buffer);
    response.uncork();
    if (!mayGoOn) await this.#until("drain");
  }

  endStream(report: EditReport): Promise<void> {
    const headers = reportHeaders(report, this.timing());
    const { cost } = report;
    this.response.addTrailers({
      ...(cost === undefined || cost === null ? {} : { "x-litellm-response-cost": formatUsd(cost.nanoUsd) }),
      "x-litellm-response-duration-ms": headers["x-litellm-response-duration-ms"] ?? "",
    });
    this.response.end();
    return this.#taken();
  }

  #begin(head: AnswerHead, report: EditReport): void {
    const headers = { ...upstreamHeaders(head), ...reportHeaders(report, this.timing()) };
    this.response.statusCode = head.status;
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value);
    this.response.on("timeout", () => this.response.destroy());
    this.onRelease();
  }

  async #taken(): Promise<void> {
    const { response } = this;
    const tooLong = setTimeout(() => response.destroy(), longestTakingMs);
    await this.#until("close");
    clearTimeout(tooLong);
  }

  /** Waits for the client to take what was written, or to go; one that takes nothing is let go. */
  async #until(event: "drain" | "close"): Promise<void> {
    const { response } = this;
    if (response.closed || response.destroyed) return;
    response.setTimeout(longestPauseMs);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off(event, done).off("close", done);
        resolve();
      };
      response.on(event, done).on("close", done);
    });
    response.setTimeout(0);
  }
}
