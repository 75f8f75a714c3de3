/** What is left of the limit after a refusal that should not have been. */
const lowered = 0.8;
/** The least that is ever left of it. */
const least = 0.1;
/** How much of it comes back with every minute without such a refusal. */
const restored = 0.05;

const cleanMs = 60_000;

/**
 * How much of a limit is used, after its upstream has refused what should have fitted: multiplied down at once, added back
 * slowly (as TCP does: Chiu and Jain, 1989). Time alone restores it, so that it is whole again 18 minutes after the last
 * refusal at the latest.
 */
export class EasedLimit {
  #share = 1;
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** From 0.1 to 1. */
  shareAt(nowMs: number): number {
    if (this.#share === 1) return 1;
    const minutes = Math.floor((nowMs - this.#sinceMs) / cleanMs);
    return Math.min(1, this.#share + restored * minutes);
  }

  /** Milliseconds until it changes by itself. */
  stepMs(nowMs: number): number {
    return cleanMs - ((nowMs - this.#sinceMs) % cleanMs);
  }

  /** A refusal. Of many calls that were under way at once only the first one counts: the others had begun before. */
  refused(startedAtMs: number, nowMs: number): void {
    if (startedAtMs < this.#sinceMs) return;
    this.#share = Math.max(least, this.shareAt(nowMs) * lowered);
    this.#sinceMs = nowMs;
  }
}
