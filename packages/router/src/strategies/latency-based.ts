import type { Deployment } from "../deployments/deployment.js";
import type { AttemptObserver } from "./attempt-observer.js";
import { AttemptsInFlight } from "./attempts-in-flight.js";
import { ExpectedLatencies } from "./latency/expected-latencies.js";
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
export const defaultLatencyOptions = { ttlMs: 3_600_000, lowestLatencyBuffer: 0 } as const;

/** Lowest expected wait first: the latency of such an edit there, times one more than the attempts in flight there. */
export class LatencyBased implements Strategy {
  readonly observer: AttemptObserver;
  readonly #inFlight = new AttemptsInFlight();
  readonly #latencies: ExpectedLatencies;
  readonly #ties: SimpleShuffle;
  readonly #buffer: number;

  constructor(random: () => number, nowMs: () => number, options: LatencyOptions = {}) {
    const { ttlMs, lowestLatencyBuffer } = { ...defaultLatencyOptions, ...options };
    this.#ties = new SimpleShuffle(random);
    this.#latencies = new ExpectedLatencies(nowMs, ttlMs);
    this.#buffer = lowestLatencyBuffer;
    this.observer = {
      begun: (attempt) => this.#inFlight.begun(attempt),
      ended: (attempt, end) => {
        this.#inFlight.ended(attempt);
        this.#latencies.note(attempt, end);
      },
    };
  }

  order(candidates: readonly Deployment[], { parameters }: RoutedEdit): Deployment[] {
    const latencies = this.#latencies.of(candidates, parameters);
    const waits = candidates.map(
      ({ id }, index) => [id, (latencies[index] ?? 1) * (this.#inFlight.of(id) + 1)] as const,
    );
    const shortest = Math.min(...waits.map(([, wait]) => wait));
    const waitOf = new Map(waits.map(([id, wait]) => [id, Math.max(wait, shortest * (1 + this.#buffer))]));
    const wait = ({ id }: Deployment): number => waitOf.get(id) ?? 0;
    return this.#ties.order(candidates).sort((one, other) => wait(one) - wait(other));
  }
}
