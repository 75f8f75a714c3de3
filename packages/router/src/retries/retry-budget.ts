import { RecentCount } from "../recent-count.js";

/** How many retries a group may make beside its requests. */
export interface RetryBudgetSettings {
  /** Retries for a hundred requests. */
  readonly percent: number;
  /** Retries that it may make in a minute however few the requests are. */
  readonly perMinute: number;
}

/**
 * Keeps retries from multiplying the load of an upstream that fails: in a minute at most `percent` of its requests are
 * retried, and `perMinute` besides (Finagle's RetryBudget, https://finagle.github.io/blog/2016/02/08/retry-budgets). A retry by
 * a deployment that works multiplies nothing: it is never refused, but counts all the same.
 */
export class RetryBudget {
  readonly #requests = new RecentCount();
  readonly #retries = new RecentCount();

  constructor(
    private readonly settings: RetryBudgetSettings,
    private readonly nowMs: () => number,
  ) {}

  countRequest(): void {
    this.#requests.add(1, this.nowMs());
  }

  /** Takes one retry; false if there is none left. */
  take(): boolean {
    const nowMs = this.nowMs();
    const { percent, perMinute } = this.settings;
    const allowed = perMinute + (this.#requests.total(nowMs) * percent) / 100;
    if (this.#retries.total(nowMs) + 1 > allowed) return false;
    this.#retries.add(1, nowMs);
    return true;
  }

  /** Counts one that is made however many there were. */
  takeAnyway(): void {
    this.#retries.add(1, this.nowMs());
  }

  /** For a retry that was taken and not made. */
  giveBack(): void {
    this.#retries.add(-1, this.nowMs());
  }
}
