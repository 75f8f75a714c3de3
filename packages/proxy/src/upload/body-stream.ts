import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { ClientGoneError } from "@darkroom/router";
import type { MemoryLease } from "@darkroom/router";
import { SmallChunks } from "./small-chunks.js";
import type { Timers } from "@darkroom/router";
import { RequestTooLargeError, UploadMemoryError, UploadTooSlowError } from "./upload-errors.js";
import type { CompleteUploadSettings } from "./upload-settings.js";

/**
 * The body of a request within its limits: size, memory, deadline and least rate. Any of them broken, or the
 * client gone, destroys this stream with a typed error. The request itself is left paused and whole, so that a
 * refusal can still be answered and the rest of the body read away.
 */
export class BodyStream extends Readable {
  /** Bytes received so far. */
  bytes = 0;

  readonly #request: IncomingMessage;
  readonly #lease: MemoryLease;
  readonly #settings: CompleteUploadSettings;
  readonly #timers: Timers;
  readonly #stopped = new AbortController();
  readonly #chunks = new SmallChunks((chunk) => this.#deliver(chunk));
  readonly #callOffDeadline: () => void;
  #callOffWindow: () => void;
  #bytesAtWindowStart = 0;
  /** Whether the client was kept waiting by us in this window, so that its rate says nothing. */
  #heldBack = false;
  #waitsForMemory = false;
  #hasEnded = false;

  constructor(
    request: IncomingMessage,
    lease: MemoryLease,
    settings: CompleteUploadSettings,
    timers: Timers,
  ) {
    super();
    this.#request = request;
    this.#lease = lease;
    this.#settings = settings;
    this.#timers = timers;
    this.#callOffDeadline = timers.after(settings.timeoutMs, () => this.#onDeadline());
    this.#callOffWindow = this.#startWindow();
    request.on("data", this.#onData).on("end", this.#onEnd);
    request.on("error", this.#onGone).on("close", this.#onGone);
    request.pause();
    if (request.destroyed) this.#onGone();
  }

  override _read(): void {
    if (!this.#waitsForMemory) this.#request.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#callOffDeadline();
    this.#callOffWindow();
    this.#stopped.abort();
    const request = this.#request;
    request.off("data", this.#onData).off("end", this.#onEnd);
    request.off("error", this.#onGone).off("close", this.#onGone);
    if (!this.#hasEnded) request.pause();
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.bytes += chunk.length;
    const limit = this.#settings.maxRequestBytes;
    if (this.bytes > limit) {
      this.destroy(new RequestTooLargeError(limit));
    } else if (this.bytes > this.#lease.bytes) {
      void this.#waitForMemory(chunk);
    } else {
      this.#chunks.push(chunk);
    }
  };

  async #waitForMemory(chunk: Buffer): Promise<void> {
    this.#waitsForMemory = true;
    this.#heldBack = true;
    this.#request.pause();
    try {
      await this.#lease.growTo(this.bytes, this.#stopped.signal);
    } catch (error) {
      if (!this.destroyed) this.destroy(error as Error);
      return;
    }
    if (this.destroyed) return;
    this.#waitsForMemory = false;
    this.#chunks.push(chunk);
    if (this.#hasEnded) this.#finish();
    else this.#request.resume();
  }

  #deliver(chunk: Buffer): void {
    if (!this.push(chunk)) this.#request.pause();
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    // The end can come while the last chunk still waits for memory.
    if (!this.#waitsForMemory) this.#finish();
  };

  #finish(): void {
    this.#callOffDeadline();
    this.#callOffWindow();
    this.#chunks.flush();
    this.push(null);
  }

  readonly #onGone = (): void => {
    if (!this.#hasEnded) this.destroy(new ClientGoneError());
  };

  #onDeadline(): void {
    const { timeoutMs, retryAfterSeconds } = this.#settings;
    this.destroy(
      this.#waitsForMemory
        ? new UploadMemoryError(retryAfterSeconds)
        : new UploadTooSlowError(`The upload was not complete after ${timeoutMs} ms.`),
    );
  }

  #startWindow(): () => void {
    this.#bytesAtWindowStart = this.bytes;
    this.#heldBack = this.#waitsForMemory;
    return this.#timers.after(this.#settings.rateWindowMs, () => this.#onWindowEnd());
  }

  #onWindowEnd(): void {
    const { minimumBytesPerSecond, rateWindowMs } = this.#settings;
    const received = this.bytes - this.#bytesAtWindowStart;
    if (!this.#heldBack && received < (minimumBytesPerSecond * rateWindowMs) / 1000) {
      this.destroy(
        new UploadTooSlowError(`The upload was slower than ${minimumBytesPerSecond} bytes per second.`),
      );
      return;
    }
    this.#callOffWindow = this.#startWindow();
  }
}
