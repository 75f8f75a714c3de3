import { RecentCount } from "../recent-count.js";
import { healthDefaults } from "./health-settings.js";

/** How the calls of one deployment went in the last minute, whatever consequence that has. Times come in with each call. */
export class Reliability {
  readonly #successes = new RecentCount();
  readonly #failures = new RecentCount();
  #hasJustFailed = false;

  succeeded(nowMs: number): void {
    this.#hasJustFailed = false;
    this.#successes.add(1, nowMs);
  }

  failed(nowMs: number): void {
    this.#hasJustFailed = true;
    this.#failures.add(1, nowMs);
  }

  /** Whether a further call is likely to succeed: the last one did, and all but a few of the minute. */
  isGiven(nowMs: number): boolean {
    const successes = this.#successes.total(nowMs);
    const failures = this.#failures.total(nowMs);
    const mostFailures = (successes + failures) * healthDefaults.reliableFailureShare;
    return !this.#hasJustFailed && successes > 0 && failures <= mostFailures;
  }
}
