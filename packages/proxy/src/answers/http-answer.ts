import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { formatUsd } from "@darkroom/cost-calculator";
import type { AnswerHead, AnswerSink, EditReport } from "@darkroom/router";
import { type Timing, reportHeaders, upstreamHeaders } from "./answer-headers.js";

/** Header names of what a stream can only tell at its end. */
const trailerNames = ["x-litellm-response-cost", "x-litellm-response-duration-ms"];

/** Releases an answer to an HTTP client. */
export class HttpAnswer implements AnswerSink {
  constructor(
    private readonly response: ServerResponse,
    private readonly timing: () => Timing,
  ) {}

  sendWhole(head: AnswerHead, body: readonly Buffer[], report: EditReport): void {
    const { response } = this;
    response.statusCode = head.status;
    this.#setHeaders({ ...upstreamHeaders(head), ...reportHeaders(report, this.timing()) });
    response.setHeader(
      "content-length",
      body.reduce((sum, buffer) => sum + buffer.length, 0),
    );
    response.cork();
    for (const buffer of body) response.write(buffer);
    response.end();
    response.uncork();
  }

  startStream(head: AnswerHead, report: EditReport): void {
    this.response.statusCode = head.status;
    this.#setHeaders({ ...upstreamHeaders(head), ...reportHeaders(report, this.timing()) });
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
    if (mayGoOn || response.destroyed) return;
    const closed = new AbortController();
    const onClose = (): void => closed.abort();
    response.once("close", onClose);
    await once(response, "drain", { signal: closed.signal }).catch(() => undefined);
    response.off("close", onClose);
  }

  endStream(report: EditReport): void {
    const headers = reportHeaders(report, this.timing());
    const { cost } = report;
    this.response.addTrailers({
      ...(cost === undefined || cost === null ? {} : { "x-litellm-response-cost": formatUsd(cost.nanoUsd) }),
      "x-litellm-response-duration-ms": headers["x-litellm-response-duration-ms"] ?? "",
    });
    this.response.end();
  }

  #setHeaders(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value);
  }
}
