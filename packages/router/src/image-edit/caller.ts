import type { Client } from "../retries/deadline.js";

/** The caller of the SDK, who is gone when its signal is aborted. */
export class Caller implements Client {
  /** Follows the caller's own signal, which may outlive many edits and must not gather their listeners. */
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal && AbortSignal.any([signal]);
  }

  get isGone(): boolean {
    return this.#signal?.aborted ?? false;
  }

  whenGone(callback: () => void): void {
    this.#signal?.addEventListener("abort", callback, { once: true });
  }
}
