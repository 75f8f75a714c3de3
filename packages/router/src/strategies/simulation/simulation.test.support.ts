import type { Deployment } from "../../deployments/deployment.js";
import { estimateOf } from "../../estimate.js";
import { type RoutingStrategy, createStrategy } from "../routing-strategy.js";
import { seeded } from "../strategies.test.support.js";
import type { Strategy } from "../strategy.js";
import type { RecordedEdit } from "./recorded-edits.test.support.js";
import { errorMs, type SimulatedDeployment } from "./simulated-deployments.test.support.js";

/** What a strategy made of the mix. */
export interface SimulationResult {
  readonly strategy: RoutingStrategy;
  /** From arrival to answer, of the edits that were served, shortest first. */
  readonly latenciesMs: readonly number[];
  /** Edits that no deployment has served. */
  readonly failed: number;
  readonly attempts: number;
  /** Edits served, by deployment id. */
  readonly served: ReadonlyMap<string, number>;
  /** The most that the edits served may have cost. */
  readonly nanoUsd: bigint;
}

/** As the router's default. */
const retries = 2;

/** Runs a strategy over the mix in virtual time, with retries on the others of its order, and nothing else of a router. */
export function simulate(
  name: RoutingStrategy,
  edits: readonly RecordedEdit[],
  deployments: readonly SimulatedDeployment[],
  seed: number,
): SimulationResult {
  const clock = new VirtualTime();
  const strategy = createStrategy(name, { random: seeded(seed), nowMs: () => clock.nowMs, latency: {} });
  const upstreams = deployments.map((deployment, index) => new Upstream(deployment, index, clock));
  const run = new Run(name, strategy, upstreams, clock);
  for (const edit of edits) clock.at(edit.atMs, () => run.begin(edit));
  clock.run();
  return run.result();
}

class Run {
  readonly #latenciesMs: number[] = [];
  readonly #served = new Map<string, number>();
  #failed = 0;
  #attempts = 0;
  #nanoUsd = 0n;

  constructor(
    private readonly name: RoutingStrategy,
    private readonly strategy: Strategy,
    private readonly upstreams: readonly Upstream[],
    private readonly clock: VirtualTime,
  ) {}

  begin(edit: RecordedEdit): void {
    const order = this.strategy.order(
      this.upstreams.map(({ deployment }) => deployment),
      edit,
    );
    this.#attempt(
      edit,
      order.slice(0, 1 + retries).flatMap(({ id }) => this.upstreams.filter((one) => one.id === id)),
    );
  }

  #attempt(edit: RecordedEdit, [upstream, ...others]: readonly Upstream[]): void {
    if (upstream === undefined) {
      this.#failed += 1;
      return;
    }
    this.#attempts += 1;
    const attempt = { deployment: upstream.deployment, edit };
    const begunMs = this.clock.nowMs;
    this.strategy.observer?.begun(attempt);
    upstream.send(edit, (succeeded) => {
      const durationMs = this.clock.nowMs - begunMs;
      this.strategy.observer?.ended(attempt, { durationMs, outcome: succeeded ? "succeeded" : "failed" });
      if (succeeded) this.#serve(edit, upstream);
      else this.#attempt(edit, others);
    });
  }

  #serve(edit: RecordedEdit, { id, deployment }: Upstream): void {
    this.#latenciesMs.push(this.clock.nowMs - edit.atMs);
    this.#served.set(id, (this.#served.get(id) ?? 0) + 1);
    this.#nanoUsd += estimateOf(edit, deployment)?.nanoUsd ?? 0n;
  }

  result(): SimulationResult {
    return {
      strategy: this.name,
      latenciesMs: [...this.#latenciesMs].sort((one, other) => one - other),
      failed: this.#failed,
      attempts: this.#attempts,
      served: this.#served,
      nanoUsd: this.#nanoUsd,
    };
  }
}

/** A deployment at work: with no place free it answers an error at once, as an upstream whose limit is reached. */
class Upstream {
  #free: number;

  constructor(
    private readonly simulated: SimulatedDeployment,
    private readonly index: number,
    private readonly clock: VirtualTime,
  ) {
    this.#free = simulated.places;
  }

  get deployment(): Deployment {
    return this.simulated.deployment;
  }

  get id(): string {
    return this.deployment.id;
  }

  send(edit: RecordedEdit, answer: (succeeded: boolean) => void): void {
    const { duration, error } = edit.chances[this.index]!;
    const { slowness, errors } = this.simulated.behaviourAt(this.clock.nowMs);
    if (this.#free === 0 || error < errors) {
      this.clock.after(errorMs, () => answer(false));
      return;
    }
    this.#free -= 1;
    this.clock.after(edit.workMs * slowness * (0.7 + 0.6 * duration), () => {
      this.#free += 1;
      answer(true);
    });
  }
}

/** A clock that goes from one thing to happen to the next. */
class VirtualTime {
  nowMs = 0;
  readonly #events: { readonly atMs: number; readonly happen: () => void }[] = [];

  /** What is to happen at one time happens in the order it was told. */
  at(atMs: number, happen: () => void): void {
    let index = this.#events.length;
    while (index > 0 && this.#events[index - 1]!.atMs <= atMs) index -= 1;
    this.#events.splice(index, 0, { atMs, happen });
  }

  after(ms: number, happen: () => void): void {
    this.at(this.nowMs + ms, happen);
  }

  run(): void {
    for (let next = this.#events.pop(); next !== undefined; next = this.#events.pop()) {
      this.nowMs = next.atMs;
      next.happen();
    }
  }
}

/** The latency that so many of a hundred edits were answered within. */
export function percentileMs({ latenciesMs }: SimulationResult, percent: number): number {
  return latenciesMs[Math.ceil((latenciesMs.length * percent) / 100) - 1] ?? 0;
}
