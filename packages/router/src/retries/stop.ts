import type { Failure } from "./failure.js";

/**
 * Tells a running attempt to end, and why. For those who wait for one there is an AbortSignal, made when it is asked for:
 * most attempts are never stopped, and a signal with its listeners costs more than all the rest of this.
 */
export class Stop {
  #failure: Failure | undefined;
  #onStop: (() => void) | undefined;
  #controller: AbortController | undefined;

  /** Why the attempt must end; undefined as long as it may go on. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** @throws the failure, where there is one */
  throwIfStopped(): void {
    if (this.#failure !== undefined) this.signal.throwIfAborted();
  }

  /** Only the first reason counts. */
  now(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#onStop?.();
    this.#controller?.abort(failure);
  }

  /** Has `callback` called when the attempt must end, at once if it must already. There is one at a time. */
  listen(callback: () => void): void {
    this.#onStop = callback;
    if (this.#failure !== undefined) callback();
  }

  /** Aborted, with the failure as its reason, when the attempt must end. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#failure !== undefined) this.#controller.abort(this.#failure);
    return this.#controller.signal;
  }
}
