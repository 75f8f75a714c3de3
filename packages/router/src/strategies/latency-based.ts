import type { Deployment } from "../deployments/deployment.js";
import type { AttemptEnd, AttemptObserver, ObservedAttempt } from "./attempt-observer.js";
import { AttemptsInFlight } from "./attempts-in-flight.js";
import { DeploymentLatency } from "./latency/deployment-latency.js";
import { workClass } from "./latency/work-class.js";
import { SimpleShuffle } from "./simple-shuffle.js";
import type { RoutedEdit, Strategy } from "./strategy.js";

/** LiteLLM's names for these are in brackets. */
export interface LatencyOptions {
  /** What was measured longer ago is forgotten (`ttl`). */
  readonly ttlMs?: number;
  /** Those slower than the fastest by this share at most count as equals (`lowest_latency_buffer`). */
  readonly lowestLatencyBuffer?: number;
}

/** LiteLLM's defaults. */
const defaultLatencyOptions = { ttlMs: 3_600_000, lowestLatencyBuffer: 0 } as const;

/**
 * Lowest expected wait first: the latency of such an edit there, times one more than the attempts in flight there.
 *
 * Latencies are compared within a class of edits, or else whoever got the big picture would count as slow. Where a
 * deployment has not been measured in the class, its standing in the classes where it has been tells; one that has
 * never been measured counts as fast as the fastest, since nothing else would ever have it measured.
 */
export class LatencyBased implements Strategy {
  readonly observer: AttemptObserver;
  readonly #inFlight = new AttemptsInFlight();
  readonly #latencies = new Map<string, DeploymentLatency>();
  /** Attempts ended, by group. */
  readonly #attempts = new Map<string, number>();
  readonly #ties: SimpleShuffle;
  readonly #ttlMs: number;
  readonly #buffer: number;

  constructor(
    random: () => number,
    private readonly nowMs: () => number,
    options: LatencyOptions = {},
  ) {
    const { ttlMs, lowestLatencyBuffer } = { ...defaultLatencyOptions, ...options };
    this.#ties = new SimpleShuffle(random);
    this.#ttlMs = ttlMs;
    this.#buffer = lowestLatencyBuffer;
    this.observer = {
      begun: (attempt) => this.#inFlight.begun(attempt),
      ended: (attempt, end) => this.#ended(attempt, end),
    };
  }

  order(candidates: readonly Deployment[], { parameters }: RoutedEdit): Deployment[] {
    const expected = this.#expectedLatencies(candidates, workClass(parameters));
    const fastest = Math.min(...expected.values(), Number.POSITIVE_INFINITY);
    const waits = candidates.map((deployment) => {
      const latency = expected.get(deployment.id) ?? (Number.isFinite(fastest) ? fastest : 1);
      return [deployment.id, latency * (this.#inFlight.of(deployment.id) + 1)] as const;
    });
    const shortest = Math.min(...waits.map(([, wait]) => wait));
    const waitOf = new Map(waits.map(([id, wait]) => [id, Math.max(wait, shortest * (1 + this.#buffer))]));
    const wait = ({ id }: Deployment): number => waitOf.get(id) ?? 0;
    return this.#ties.order(candidates).sort((one, other) => wait(one) - wait(other));
  }

  /** By deployment id, of those that have been measured at all. In milliseconds once one has been measured in the class. */
  #expectedLatencies(candidates: readonly Deployment[], name: string): Map<string, number> {
    const nowMs = this.nowMs();
    const known = candidates.flatMap(({ id, group }) => {
      const latency = this.#latencies.get(id);
      return latency === undefined ? [] : [{ id, latency, attempts: this.#attempts.get(group) ?? 0 }];
    });
    const typical = (of: string): number | undefined =>
      median(known.flatMap(({ latency }) => latency.ofClass(of, nowMs) ?? []));
    const standing = (latency: DeploymentLatency): number | undefined =>
      median(latency.classes(nowMs).map((of) => (latency.ofClass(of, nowMs) ?? 0) / (typical(of) ?? 1)));
    const usual = typical(name) ?? 1;
    return new Map(
      known.map(({ id, latency, attempts }) => {
        const measured = latency.ofClass(name, nowMs) ?? usual * (standing(latency) ?? 1);
        return [id, measured * latency.factor(nowMs, attempts)];
      }),
    );
  }

  #ended(attempt: ObservedAttempt, end: AttemptEnd): void {
    this.#inFlight.ended(attempt);
    const { id, group } = attempt.deployment;
    const attempts = (this.#attempts.get(group) ?? 0) + 1;
    this.#attempts.set(group, attempts);
    let latency = this.#latencies.get(id);
    if (latency === undefined) {
      latency = new DeploymentLatency(this.#ttlMs);
      this.#latencies.set(id, latency);
    }
    latency.note(workClass(attempt.edit.parameters), end, this.nowMs(), attempts);
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)];
  return middle === undefined || upper === undefined ? undefined : (middle + upper) / 2;
}
