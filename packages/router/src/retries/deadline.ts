import type { Failure } from "./failure.js";

/** A client that is gone is no reason to throw a paid answer away: the running call is read for this long at most. */
const readOnMs = 60_000;

/** The time one request has, and whether its client is still there. */
export class Deadline {
  readonly #endsAtMs: number;
  #hasPassed = false;

  /** @param clientGone aborted when the client has closed its connection */
  constructor(
    readonly timeoutMs: number,
    private readonly clientGone: AbortSignal,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.#endsAtMs = this.nowMs() + timeoutMs;
  }

  get remainingMs(): number {
    return this.#hasPassed ? 0 : Math.max(0, this.#endsAtMs - this.nowMs());
  }

  get clientIsGone(): boolean {
    return this.clientGone.aborted;
  }

  /** Why nothing new may start, if so. */
  get failure(): Failure | undefined {
    if (this.clientIsGone) return { kind: "client gone", reason: "the client is gone" };
    if (this.remainingMs === 0) return timeout(this.timeoutMs);
    return undefined;
  }

  /**
   * Runs one attempt under a signal that is aborted when its time is up; the signal's reason is then the failure.
   * @param attemptTimeoutMs the deployment's own limit, if it has one
   */
  async run<Result>(
    attemptTimeoutMs: number | undefined,
    attempt: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const { remainingMs } = this;
    const isAttemptsOwn = attemptTimeoutMs !== undefined && attemptTimeoutMs <= remainingMs;
    const onTimeUp = (): void => {
      // A timer may ring a moment before the clock agrees, and in that moment no further attempt may start.
      if (!isAttemptsOwn) this.#hasPassed = true;
      controller.abort(timeout(isAttemptsOwn ? attemptTimeoutMs : this.timeoutMs));
    };
    const timers = [setTimeout(onTimeUp, isAttemptsOwn ? attemptTimeoutMs : remainingMs)];
    const onGone = (): void => {
      const gone: Failure = { kind: "client gone", reason: "the client is gone" };
      timers.push(setTimeout(() => controller.abort(gone), readOnMs));
    };
    if (this.clientGone.aborted) onGone();
    else this.clientGone.addEventListener("abort", onGone, { once: true });
    try {
      return await attempt(controller.signal);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      this.clientGone.removeEventListener("abort", onGone);
    }
  }

  /** Waits, but no longer than the client does. False if the deadline would pass in that time. */
  async wait(ms: number): Promise<boolean> {
    if (ms >= this.remainingMs) return false;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.clientGone.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.clientGone.addEventListener("abort", done, { once: true });
    });
    return true;
  }
}

function timeout(timeoutMs: number): Failure {
  return { kind: "timeout", timeoutMs, reason: `timeout after ${String(timeoutMs / 1000)} s` };
}
