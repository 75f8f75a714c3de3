import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { formatUsd } from "@darkroom/cost-calculator";
import type { AnswerHead, AnswerLayout, AnswerSink, EditReport } from "@darkroom/router";
import type { FormedAnswer, RequestedFormat } from "../formats/requested-format.js";
import type { RequestRecord } from "../observability/request-record.js";
import { longestPauseMs, longestTakingMs } from "./slow-clients.js";
import { reportHeaders, upstreamHeaders } from "./answer-headers.js";
import { whenTaken } from "./when-taken.js";

/** What a stream can only tell at its end, and what every stream is sent with. */
const streamHeaders = [
  "trailer",
  "x-litellm-response-cost, x-litellm-response-duration-ms",
  "cache-control",
  "no-cache",
  // Tells buffering reverse proxies to let each event through at once.
  "x-accel-buffering",
  "no",
];

/** Releases an answer to an HTTP client. */
export class HttpAnswer implements AnswerSink {
  #isTaken = false;

  /**
   * @param onRelease called when the answer is on its way: the request's body is not needed any more
   * @param format the form that was asked for; without it, every answer goes as it came
   */
  constructor(
    private readonly response: ServerResponse,
    private readonly record: RequestRecord,
    private readonly onRelease: () => void,
    private readonly format?: RequestedFormat,
  ) {
    whenTaken(response, () => {
      this.#isTaken = true;
    });
  }

  get isGone(): boolean {
    return this.response.closed && !this.#isTaken;
  }

  whenGone(callback: () => void): void {
    this.response.once("close", () => {
      if (this.isGone) callback();
    });
  }

  sendWhole(
    head: AnswerHead,
    body: readonly Buffer[],
    report: EditReport,
    layout: AnswerLayout,
  ): Promise<void> {
    const forming = this.isGone
      ? undefined // Nobody would take it.
      : this.format?.formed(body, report, layout, (callback) => this.whenGone(callback));
    return forming === undefined
      ? this.#send(head, body, report, [])
      : this.#sendFormed(head, report, forming);
  }

  async #sendFormed(head: AnswerHead, report: EditReport, forming: Promise<FormedAnswer>): Promise<void> {
    const formed = await forming;
    await this.#send(head, formed.body, report, formed.headers);
    await formed.release();
  }

  #send(
    head: AnswerHead,
    body: readonly Buffer[],
    report: EditReport,
    more: readonly string[],
  ): Promise<void> {
    const { response } = this;
    const length = body.reduce((sum, buffer) => sum + buffer.length, 0);
    this.#begin(head, report, ["content-length", String(length), ...more]);
    this.record.answerBytes += length;
    response.cork();
    for (const buffer of body) response.write(buffer);
    response.end();
    response.uncork();
    return this.#taken();
  }

  startStream(head: AnswerHead, report: EditReport): void {
    this.#begin(head, report, [...streamHeaders, ...(this.format?.streamHeaders ?? [])]);
    this.response.flushHeaders();
  }

  async writeEvent(bytes: readonly Buffer[]): Promise<void> {
    const { response, record } = this;
    response.cork();
    let mayGoOn = true;
    for (const buffer of bytes) {
      record.answerBytes += buffer.length;
      mayGoOn = response.write(buffer);
    }
    response.uncork();
    if (!mayGoOn) await this.#until("drain");
  }

  endStream(report: EditReport): Promise<void> {
    const { cost } = report;
    this.response.addTrailers({
      ...(cost === undefined || cost === null ? {} : { "x-litellm-response-cost": formatUsd(cost.nanoUsd) }),
      "x-litellm-response-duration-ms": this.record.timing().durationMs.toFixed(3),
    });
    this.response.end();
    return this.#taken();
  }

  #begin(head: AnswerHead, report: EditReport, more: readonly string[]): void {
    const { response, record } = this;
    response.writeHead(head.status, [
      ...record.idHeaders,
      ...record.rateHeaders,
      ...upstreamHeaders(head),
      ...reportHeaders(report, record.timing()),
      ...more,
    ]);
    this.onRelease();
  }

  /** Resolves when the client has taken all. Mostly the system takes it at once, and nothing has to be watched. */
  async #taken(): Promise<void> {
    const { response } = this;
    await setImmediate();
    if (this.#isTaken) return;
    const tooLong = setTimeout(() => response.destroy(), longestTakingMs);
    await this.#until("close");
    clearTimeout(tooLong);
  }

  /** Waits for the client to take what was written, or to go; one that takes nothing is let go. */
  async #until(event: "drain" | "close"): Promise<void> {
    const { response } = this;
    if (response.closed || response.destroyed) return;
    const letGo = (): void => void response.destroy();
    response.setTimeout(longestPauseMs, letGo);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off(event, done).off("close", done);
        resolve();
      };
      response.on(event, done).on("close", done);
    });
    response.off("timeout", letGo).setTimeout(0);
  }
}
