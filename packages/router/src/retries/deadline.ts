import type { Failure } from "./failure.js";
import { Stop } from "./stop.js";

/** A client that is gone is no reason to throw a paid answer away: the running call is read for this long at most. */
const readOnMs = 60_000;

const clientGone: Failure = { kind: "client gone", bodySent: false, reason: "the client is gone" };

/** Whoever waits for the answer. */
export interface Client {
  readonly isGone: boolean;
  /** Calls back when that comes true, each time where another may come in its place. */
  whenGone(callback: () => void): void;
}

/** The time one request has, and whether its client is still there. */
export class Deadline {
  readonly #endsAtMs: number;
  #hasPassed = false;
  #running: Stop | undefined;
  #readOn: NodeJS.Timeout | undefined;
  #endWait: (() => void) | undefined;

  constructor(
    readonly timeoutMs: number,
    private readonly client: Client,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.#endsAtMs = this.nowMs() + timeoutMs;
    client.whenGone(() => {
      this.#endWait?.();
      if (this.#running !== undefined) this.#limit(this.#running);
    });
  }

  get remainingMs(): number {
    return this.#hasPassed ? 0 : Math.max(0, this.#endsAtMs - this.nowMs());
  }

  /** Why nothing new may start, if so. */
  get failure(): Failure | undefined {
    if (this.client.isGone) return clientGone;
    if (this.remainingMs === 0) return timeout(this.timeoutMs);
    return undefined;
  }

  /**
   * Runs one attempt, which is stopped when its time is up.
   * @param attemptTimeoutMs the deployment's own limit, if it has one
   */
  async run<Result>(
    attemptTimeoutMs: number | undefined,
    attempt: (stop: Stop) => Promise<Result>,
  ): Promise<Result> {
    const stop = new Stop();
    const { remainingMs } = this;
    const isAttemptsOwn = attemptTimeoutMs !== undefined && attemptTimeoutMs <= remainingMs;
    const onTimeUp = (): void => {
      // A timer may ring a moment before the clock agrees, and in that moment no further attempt may start.
      if (!isAttemptsOwn) this.#hasPassed = true;
      stop.now(timeout(isAttemptsOwn ? attemptTimeoutMs : this.timeoutMs));
    };
    const timer = setTimeout(onTimeUp, isAttemptsOwn ? attemptTimeoutMs : remainingMs);
    this.#running = stop;
    if (this.client.isGone) this.#limit(stop);
    try {
      return await attempt(stop);
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#readOn);
      this.#running = undefined;
    }
  }

  /** Waits, but no longer than the client does. False if the deadline would pass in that time. */
  async wait(ms: number): Promise<boolean> {
    if (ms >= this.remainingMs) return false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endWait = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.client.isGone) this.#endWait();
    });
    this.#endWait = undefined;
    return true;
  }

  /** Nothing new starts for a client that is gone; of a call under way somebody may come back to the answer. */
  #limit(stop: Stop): void {
    if (!stop.isUnderWay) {
      stop.now(clientGone);
      return;
    }
    clearTimeout(this.#readOn);
    this.#readOn = setTimeout(() => {
      if (this.client.isGone) stop.now(clientGone);
    }, readOnMs);
  }
}

function timeout(timeoutMs: number): Failure {
  return {
    kind: "timeout",
    timeoutMs,
    bodySent: false,
    reason: `timeout after ${String(timeoutMs / 1000)} s`,
  };
}
