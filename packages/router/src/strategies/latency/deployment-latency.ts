import type { AttemptEnd } from "../attempt-observer.js";
import { PeakEwma } from "./peak-ewma.js";

/** Time alone would have a group of little traffic try its slow deployments with every few edits. */
const windowAttempts = 40;

/** 2^6: what a deployment that fails and fails is held to be slower by. */
const mostFailures = 6;

/** How long one deployment takes, class by class, and whether it has failed lately. */
export class DeploymentLatency {
  readonly #byClass = new Map<string, PeakEwma>();
  #failures = 0;
  #atMs = 0;
  #atAttempt = 0;

  constructor(private readonly ttlMs: number) {}

  /**
   * Each failure in a row counts as twice the latency: whoever fails fast must not look fast. What took longer than
   * any success, such as a timeout, is a latency too.
   * @param attempt how many attempts its group has seen till now
   */
  note(workClass: string, { durationMs, outcome }: AttemptEnd, nowMs: number, attempt: number): void {
    if (outcome === "refused") return;
    this.#atMs = nowMs;
    this.#atAttempt = attempt;
    const succeeded = outcome === "succeeded";
    this.#failures = succeeded ? 0 : Math.min(this.#failures + 1, mostFailures);
    const known = this.#byClass.get(workClass);
    if (!succeeded && durationMs <= (known?.valueMs ?? Number.POSITIVE_INFINITY)) return;
    if (known === undefined || this.#isOld(known, nowMs)) {
      this.#byClass.set(workClass, new PeakEwma(durationMs, nowMs));
    } else known.observe(durationMs, nowMs);
  }

  /** What the class takes here; undefined where it has not been measured, or too long ago. */
  ofClass(workClass: string, nowMs: number): number | undefined {
    const known = this.#byClass.get(workClass);
    return known === undefined || this.#isOld(known, nowMs) ? undefined : known.valueMs;
  }

  classes(nowMs: number): string[] {
    return [...this.#byClass.keys()].filter((name) => this.ofClass(name, nowMs) !== undefined);
  }

  /**
   * What a latency is to be multiplied by: more after failures, and less the longer nothing was heard, so that what
   * was slow is tried again. One ten times as slow as the others has a turn after ln 10 windows: after 276 s, and 92
   * attempts of the group.
   * @param attempt how many attempts its group has seen till now
   */
  factor(nowMs: number, attempt: number): number {
    const windows = (nowMs - this.#atMs) / PeakEwma.windowMs;
    const age = Math.min(windows, (attempt - this.#atAttempt) / windowAttempts);
    return 2 ** this.#failures * Math.exp(-age);
  }

  #isOld({ atMs }: PeakEwma, nowMs: number): boolean {
    return nowMs - atMs > this.ttlMs;
  }
}
