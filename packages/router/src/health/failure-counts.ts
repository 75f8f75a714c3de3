import { RecentCount } from "../recent-count.js";
import type { ErrorClass } from "../retries/classification.js";
import { healthDefaults } from "./health-settings.js";

const { consecutiveFailures, failureShare, fewestCallsForShare, forgivenEveryMs } = healthDefaults;

/** How the calls of one deployment have gone, and how often it was taken out for it. Times come in with each call. */
export class FailureCounts {
  readonly #successes = new RecentCount();
  readonly #failures = new RecentCount();
  readonly #byClass = new Map<ErrorClass, RecentCount>();
  #inARow = 0;
  #ejections = 0;
  #ejectedUntilMs = 0;
  #inDoubtUntilMs = 0;
  /** Times in a row that it was locked out, without a success between them. */
  #lockouts = 0;

  succeeded(nowMs: number): void {
    this.#inARow = 0;
    this.#lockouts = 0;
    this.#inDoubtUntilMs = 0;
    this.#successes.add(1, nowMs);
  }

  failed(nowMs: number): void {
    this.#inARow += 1;
    this.#failures.add(1, nowMs);
  }

  /** A failure of a class that has its own number of allowed ones, and counts for nothing else. */
  failedAs(errorClass: ErrorClass, nowMs: number): void {
    let ofClass = this.#byClass.get(errorClass);
    if (ofClass === undefined) {
      ofClass = new RecentCount();
      this.#byClass.set(errorClass, ofClass);
    }
    ofClass.add(1, nowMs);
  }

  /** Failures of the last minute. */
  failures(nowMs: number): number {
    return this.#failures.total(nowMs);
  }

  failuresOf(errorClass: ErrorClass, nowMs: number): number {
    return this.#byClass.get(errorClass)?.total(nowMs) ?? 0;
  }

  /** Too many failures in a row, or too large a share of the last minute's calls. */
  failsTooOften(nowMs: number): boolean {
    if (this.#inARow >= consecutiveFailures) return true;
    const failures = this.#failures.total(nowMs);
    const calls = failures + this.#successes.total(nowMs);
    return calls >= fewestCallsForShare && failures >= calls * failureShare;
  }

  /** What was counted has had its consequence; it is counted anew. */
  startAfresh(): void {
    this.#inARow = 0;
    this.#successes.clear();
    this.#failures.clear();
    this.#byClass.clear();
  }

  /** The number of this ejection, which is forgotten bit by bit while none follows. */
  nextEjection(nowMs: number): number {
    const forgiven = Math.max(0, Math.floor((nowMs - this.#ejectedUntilMs) / forgivenEveryMs));
    this.#ejections = Math.max(0, this.#ejections - forgiven) + 1;
    return this.#ejections;
  }

  ejectedUntil(untilMs: number): void {
    this.#ejectedUntilMs = untilMs;
  }

  /** It fails as one that is ejected does, and is not. */
  inDoubtUntil(untilMs: number): void {
    this.#inDoubtUntilMs = untilMs;
  }

  isInDoubt(nowMs: number): boolean {
    return nowMs < this.#inDoubtUntilMs;
  }

  nextLockout(): number {
    this.#lockouts += 1;
    return this.#lockouts;
  }
}
