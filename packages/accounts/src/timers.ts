/** Delays, so that tests can hold the clock. */
export interface Timers {
  /** Calls `callback` once after `milliseconds`; the answer calls it off. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
