import type { Deployment } from "../deployments/deployment.js";
import type { AttemptObserver } from "./attempt-observer.js";
import { AttemptsInFlight } from "./attempts-in-flight.js";
import { defaultLatencyOptions } from "./latency-based.js";
import { ExpectedLatencies } from "./latency/expected-latencies.js";
import { SimpleShuffle } from "./simple-shuffle.js";
import type { RoomOf, RoutedEdit, Strategy } from "./strategy.js";

/** One that is nearly full counts no worse than this: it may have room again by the time it is asked. */
const leastRoom = 0.05;

/**
 * Two are drawn, and the better one is first: the power of two choices (Mitzenmacher, 2001). All gateways together do not
 * run to the one that looks best, since each draws its own two. The better one is that with the lower
 *
 *     latency of such an edit there × (attempts in flight there + 1) ÷ room that its limits leave
 *
 * Then the other one, then all others, best first.
 */
export class TwoChoices implements Strategy {
  readonly observer: AttemptObserver;
  readonly #inFlight = new AttemptsInFlight();
  readonly #latencies: ExpectedLatencies;
  readonly #draw: SimpleShuffle;

  constructor(
    random: () => number,
    nowMs: () => number,
    private readonly room: RoomOf,
    ttlMs: number = defaultLatencyOptions.ttlMs,
  ) {
    this.#draw = new SimpleShuffle(random);
    this.#latencies = new ExpectedLatencies(nowMs, ttlMs);
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
    const scores = new Map(
      candidates.map(({ id }, index) => {
        const wait = (latencies[index] ?? 1) * (this.#inFlight.of(id) + 1);
        return [id, wait / Math.max(this.room.of(id), leastRoom)];
      }),
    );
    const byScore = (one: Deployment, other: Deployment): number =>
      (scores.get(one.id) ?? 0) - (scores.get(other.id) ?? 0);
    const drawn = this.#draw.order(candidates);
    return [...drawn.slice(0, 2).sort(byScore), ...drawn.slice(2).sort(byScore)];
  }
}
