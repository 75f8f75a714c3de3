import type { Stop } from "../retries/stop.js";

/**
 * How many calls may be under way at once. Each has a connection to itself, so this is also the most connections that there
 * are; an agent's own limit would not do, since it counts neither tunnels that are being opened nor calls that give up waiting.
 * First come, first served.
 */
export class CallLimit {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** @param most at least 1 */
  constructor(readonly most: number) {}

  /** Begins a call if there is room for one. */
  enterNow(): boolean {
    if (this.#running >= this.most) return false;
    this.#running += 1;
    return true;
  }

  /**
   * Waits until there is room, and begins a call.
   * @throws the failure that stops the attempt
   */
  enter(stop: Stop): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        this.#running += 1;
        resolve();
      };
      this.#waiting.add(enter);
      stop.listen(() => {
        if (this.#waiting.delete(enter)) reject(stop.signal.reason);
      });
    });
  }

  /** Ends a call that was begun. */
  leave(): void {
    this.#running -= 1;
    const [next] = this.#waiting;
    if (next === undefined || this.#running >= this.most) return;
    this.#waiting.delete(next);
    next();
  }
}
