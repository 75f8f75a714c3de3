/** Time as the simulator sees it. It comes in through constructors, so that a test can move it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions. */
  now(): number;
  /** Resolves after so many milliseconds of this clock; at once when there is nothing to wait for. */
  sleep(durationMs: number): Promise<void>;
}

export const systemClock: Clock = {
  // Monotonic: a window must not grow or shrink because somebody sets the machine's clock.
  now: () => performance.timeOrigin + performance.now(),
  sleep: (durationMs) =>
    durationMs <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, durationMs)),
};
