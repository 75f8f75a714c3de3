import type { IncomingMessage } from "node:http";
import { type BodyChunks, ClientGoneError, type MemoryLease, type Timers } from "@darkroom/router";
import { type Exchange, whenClientGoes } from "./client-gone.js";
import { RequestTooLargeError, UploadMemoryError, UploadTooSlowError } from "./upload-errors.js";
import type { CompleteUploadSettings } from "./upload-settings.js";

/** Shorter than this, chunks follow one another as fast as they can be read: that time is our own. */
const shortestPauseMs = 1;

export interface ReadBody {
  readonly bytes: number;
  /** Time spent waiting for the client to go on sending. */
  readonly pausesMs: number;
}

/**
 * Reads the body of a request within its limits: size, memory, deadline and least rate. Any of them broken, or the
 * client gone, ends it with a typed error. The request itself is left paused and whole, so that a refusal can still
 * be answered and the rest of the body read away.
 *
 * It listens to the request itself. A stream of its own behind it would cost more than all the rest of an upload, and
 * so would a signal for what nearly never happens: there is one only while the body waits for memory.
 */
export class BodyReader {
  #lastChunkAtMs = performance.now();
  #pausesMs = 0;
  /** Bytes received so far. */
  #bytes = 0;
  #bytesAtWindowStart = 0;
  /** Whether the client was kept waiting by us in this window, so that its rate says nothing. */
  #heldBack = false;
  /** Ends the wait for memory, while there is one. */
  #waiting: AbortController | undefined;
  #hasEnded = false;
  #isOver = false;

  readonly #request: IncomingMessage;
  readonly #lease: MemoryLease;
  readonly #settings: CompleteUploadSettings;
  readonly #timers: Timers;
  readonly #chunks: BodyChunks;
  readonly #onComplete: (body: ReadBody) => void;
  readonly #onFailed: (error: Error) => void;
  readonly #callOffDeadline: () => void;
  #callOffWindow: () => void;
  readonly #callOffClient: () => void;

  /**
   * @param lease grows with the body
   * @returns what was read, when all of it has been given to `chunks`
   * @throws RequestTooLargeError, UploadTooSlowError, UploadMemoryError, ClientGoneError
   */
  static read(
    exchange: Exchange,
    lease: MemoryLease,
    settings: CompleteUploadSettings,
    timers: Timers,
    chunks: BodyChunks,
  ): Promise<ReadBody> {
    return new Promise((resolve, reject) => {
      new BodyReader(exchange, lease, settings, timers, chunks, resolve, reject);
    });
  }

  private constructor(
    exchange: Exchange,
    lease: MemoryLease,
    settings: CompleteUploadSettings,
    timers: Timers,
    chunks: BodyChunks,
    onComplete: (body: ReadBody) => void,
    onFailed: (error: Error) => void,
  ) {
    this.#request = exchange.request;
    this.#lease = lease;
    this.#settings = settings;
    this.#timers = timers;
    this.#chunks = chunks;
    this.#onComplete = onComplete;
    this.#onFailed = onFailed;
    this.#callOffDeadline = timers.after(settings.timeoutMs, () => this.#onDeadline());
    this.#callOffWindow = this.#startWindow();
    this.#request.on("data", this.#onData).on("end", this.#onEnd).resume();
    this.#callOffClient = whenClientGoes(exchange, () => this.#fail(new ClientGoneError()));
  }

  readonly #onData = (chunk: Buffer): void => {
    const nowMs = performance.now();
    const sinceLastMs = nowMs - this.#lastChunkAtMs;
    if (sinceLastMs > shortestPauseMs) this.#pausesMs += sinceLastMs;
    this.#lastChunkAtMs = nowMs;
    this.#bytes += chunk.length;
    const limit = this.#settings.maxRequestBytes;
    if (this.#bytes > limit) this.#fail(new RequestTooLargeError(limit));
    else if (this.#lease.growNow(this.#bytes)) this.#chunks.push(chunk);
    else void this.#waitForMemory(chunk);
  };

  async #waitForMemory(chunk: Buffer): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#heldBack = true;
    this.#request.pause();
    try {
      await this.#lease.growTo(this.#bytes, waiting.signal);
    } catch (error) {
      this.#fail(error as Error);
    }
    if (this.#isOver) return;
    this.#waiting = undefined;
    this.#chunks.push(chunk);
    if (this.#hasEnded) this.#complete();
    else this.#request.resume();
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    // The end can come while the last chunk still waits for memory.
    if (this.#waiting === undefined) this.#complete();
  };

  #complete(): void {
    this.#stop();
    this.#chunks.flush();
    this.#onComplete({ bytes: this.#bytes, pausesMs: this.#pausesMs });
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#stop();
    if (!this.#hasEnded) this.#request.pause();
    this.#waiting?.abort(error);
    this.#onFailed(error);
  }

  #stop(): void {
    this.#isOver = true;
    this.#callOffDeadline();
    this.#callOffWindow();
    this.#callOffClient();
    this.#request.off("data", this.#onData).off("end", this.#onEnd);
  }

  #onDeadline(): void {
    const { timeoutMs, retryAfterSeconds } = this.#settings;
    this.#fail(
      this.#waiting === undefined
        ? new UploadTooSlowError(`The upload was not complete after ${timeoutMs} ms.`)
        : new UploadMemoryError(retryAfterSeconds),
    );
  }

  #startWindow(): () => void {
    this.#bytesAtWindowStart = this.#bytes;
    this.#heldBack = this.#waiting !== undefined;
    return this.#timers.after(this.#settings.rateWindowMs, () => this.#onWindowEnd());
  }

  #onWindowEnd(): void {
    const { minimumBytesPerSecond, rateWindowMs } = this.#settings;
    const received = this.#bytes - this.#bytesAtWindowStart;
    if (this.#heldBack || received >= (minimumBytesPerSecond * rateWindowMs) / 1000) {
      this.#callOffWindow = this.#startWindow();
      return;
    }
    this.#fail(
      new UploadTooSlowError(`The upload was slower than ${minimumBytesPerSecond} bytes per second.`),
    );
  }
}
