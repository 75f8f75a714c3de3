import type { Deployment } from "../../deployments/deployment.js";
import type { EditParameters } from "../../request.js";
import type { AttemptEnd, ObservedAttempt } from "../attempt-observer.js";
import { DeploymentLatency } from "./deployment-latency.js";
import { workClass } from "./work-class.js";

/**
 * How long an edit will take at each deployment.
 *
 * Latencies are compared within a class of edits, or else whoever got the big picture would count as slow. Where a
 * deployment has not been measured in the class, its standing in the classes where it has been tells; one that has
 * never been measured counts as fast as the fastest, since nothing else would ever have it measured.
 */
export class ExpectedLatencies {
  readonly #latencies = new Map<string, DeploymentLatency>();
  /** Attempts ended, by group. */
  readonly #attempts = new Map<string, number>();

  constructor(
    private readonly nowMs: () => number,
    private readonly ttlMs: number,
  ) {}

  note({ deployment: { id, group }, edit }: ObservedAttempt, end: AttemptEnd): void {
    const attempts = (this.#attempts.get(group) ?? 0) + 1;
    this.#attempts.set(group, attempts);
    let latency = this.#latencies.get(id);
    if (latency === undefined) {
      latency = new DeploymentLatency(this.ttlMs);
      this.#latencies.set(id, latency);
    }
    latency.note(workClass(edit.parameters), end, this.nowMs(), attempts);
  }

  /**
   * Of each candidate, in their order, relative to one another: in milliseconds once one of them has been measured in the
   * edit's class.
   */
  of(candidates: readonly Deployment[], parameters: EditParameters): number[] {
    const nowMs = this.nowMs();
    const name = workClass(parameters);
    const known = candidates.map(({ id }) => this.#latencies.get(id));
    const medians = new Map<string, number | undefined>();
    const typical = (of: string): number | undefined => {
      if (!medians.has(of)) {
        medians.set(of, median(known.flatMap((latency) => latency?.ofClass(of, nowMs) ?? [])));
      }
      return medians.get(of);
    };
    const standing = (latency: DeploymentLatency): number | undefined =>
      median(latency.classes(nowMs).map((of) => (latency.ofClass(of, nowMs) ?? 0) / (typical(of) ?? 1)));
    const expected = candidates.map(({ group }, index) => {
      const latency = known[index];
      if (latency === undefined) return undefined;
      const measured = latency.ofClass(name, nowMs) ?? (typical(name) ?? 1) * (standing(latency) ?? 1);
      return measured * latency.factor(nowMs, this.#attempts.get(group) ?? 0);
    });
    const fastest = Math.min(...expected.map((latency) => latency ?? Number.POSITIVE_INFINITY));
    return expected.map((latency) => latency ?? (Number.isFinite(fastest) ? fastest : 1));
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)];
  return middle === undefined || upper === undefined ? undefined : (middle + upper) / 2;
}
