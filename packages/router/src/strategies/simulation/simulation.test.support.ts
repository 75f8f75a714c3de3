import { type AdmissionAnswer, renewEveryMs } from "../../admission/admission.js";
import { EmbeddedAdmission } from "../../admission/embedded/embedded-admission.js";
import { Headroom } from "../../admission/headroom.js";
import { LatestUse } from "../../admission/latest-use.js";
import type { Charge, Meter } from "../../admission/meter.js";
import type { Deployment } from "../../deployments/deployment.js";
import { estimateOf } from "../../estimate.js";
import { type RoutingStrategy, createStrategy } from "../routing-strategy.js";
import { seeded } from "../strategies.test.support.js";
import type { Strategy } from "../strategy.js";
import type { RecordedEdit } from "./recorded-edits.test.support.js";
import { errorMs, type SimulatedDeployment } from "./simulated-deployments.test.support.js";
import { VirtualTime } from "./virtual-time.test.support.js";

/** What a strategy made of the mix. */
export interface SimulationResult {
  readonly strategy: RoutingStrategy;
  /** From arrival to answer, of the edits that were served, shortest first. */
  readonly latenciesMs: readonly number[];
  /** How long edits waited for room in a limit, shortest first; those that had not to wait are not there. */
  readonly waitsMs: readonly number[];
  /** Edits that no deployment has served. */
  readonly failed: number;
  /** Edits for which no limit left room in time. */
  readonly refused: number;
  readonly attempts: number;
  /** Edits served, by deployment id. */
  readonly served: ReadonlyMap<string, number>;
  /** The most that the edits served may have cost. */
  readonly nanoUsd: bigint;
}

/** As the router's default. */
const retries = 2;

/** For so long an edit waits for room. */
const longestWaitMs = 60_000;

export interface SimulationOptions {
  readonly seed: number;
  /** So many take the edits in turn. They share the limits, and nothing else of what they know. */
  readonly gateways?: number;
}

/** What a gateway knows by itself. */
interface Gateway {
  readonly strategy: Strategy;
  readonly use: LatestUse;
}

/**
 * Runs a strategy over the mix in virtual time, with retries on the others of its order, limits, and a queue for edits that
 * fit nowhere, and nothing else of a router.
 */
export function simulate(
  name: RoutingStrategy,
  edits: readonly RecordedEdit[],
  deployments: readonly SimulatedDeployment[],
  { seed, gateways = 1 }: SimulationOptions,
): SimulationResult {
  const clock = new VirtualTime();
  const nowMs = (): number => clock.nowMs;
  const upstreams = deployments.map((deployment, index) => new Upstream(deployment, index, clock));
  const meters = upstreams.flatMap((upstream) => upstream.meters);
  const keys = new Set(meters.map(({ key }) => key));
  const metersOf = (id: string): readonly Meter[] => upstreams.find((one) => one.id === id)?.meters ?? [];
  const made = Array.from({ length: gateways }, (_, index): Gateway => {
    const use = new LatestUse(keys, nowMs);
    const room = new Headroom(use, metersOf);
    const context = { random: seeded(seed + index), nowMs, latency: {}, room };
    return { strategy: createStrategy(name, context), use };
  });
  const run = new Run(name, upstreams, clock);
  for (const [index, edit] of edits.entries()) {
    clock.at(edit.atMs, () => run.begin(edit, made[index % gateways]!));
  }
  clock.run();
  return run.result();
}

/** An edit that has not been served yet. */
interface Waiting {
  readonly edit: RecordedEdit;
  readonly gateway: Gateway;
  /** Those that have failed it. */
  readonly failed: readonly Upstream[];
  readonly sinceMs: number;
}

class Run {
  readonly #admission: EmbeddedAdmission;
  readonly #latenciesMs: number[] = [];
  readonly #waitsMs: number[] = [];
  readonly #served = new Map<string, number>();
  readonly #queue: Waiting[] = [];
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #failed = 0;
  #refused = 0;
  #attempts = 0;
  #nanoUsd = 0n;

  constructor(
    private readonly name: RoutingStrategy,
    private readonly upstreams: readonly Upstream[],
    private readonly clock: VirtualTime,
  ) {
    this.#admission = new EmbeddedAdmission({ nowMs: () => clock.nowMs });
  }

  begin(edit: RecordedEdit, gateway: Gateway): void {
    this.#tryOrWait({ edit, gateway, failed: [], sinceMs: this.clock.nowMs });
  }

  /** First come, first served. */
  #tryOrWait(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#serveQueue();
    if (!this.#queue.includes(waiting)) return;
    this.clock.after(longestWaitMs, () => {
      const index = this.#queue.indexOf(waiting);
      if (index < 0) return;
      this.#queue.splice(index, 1);
      this.#waitsMs.push(longestWaitMs);
      this.#refused += 1;
    });
  }

  #serveQueue(): void {
    for (let [head] = this.#queue; head !== undefined; [head] = this.#queue) {
      const answer = this.#admitAndSend(head);
      if (answer.kind === "admitted") this.#queue.shift();
      else return this.#wake(answer);
    }
  }

  /** As soon as something comes back by itself; what is released wakes the queue anyway. */
  #wake(answer: AdmissionAnswer): void {
    if (answer.kind !== "refused") return;
    const soonestMs = Math.min(...answer.refusals.flatMap(({ fitsInMs }) => fitsInMs ?? []));
    const atMs = this.clock.nowMs + soonestMs;
    if (atMs >= this.#wakesAtMs) return;
    this.#wakesAtMs = atMs;
    this.clock.at(atMs, () => {
      if (this.#wakesAtMs === atMs) this.#wakesAtMs = Number.POSITIVE_INFINITY;
      this.#serveQueue();
    });
  }

  #admitAndSend(waiting: Waiting): AdmissionAnswer {
    const { edit, gateway, failed, sinceMs } = waiting;
    const left = this.upstreams.filter((upstream) => !failed.includes(upstream));
    const order = gateway.strategy
      .order(
        left.map(({ deployment }) => deployment),
        edit,
      )
      .map(({ id }) => left.find((upstream) => upstream.id === id)!);
    const attemptId = String((this.#attempts += 1));
    const candidates = order.map((upstream) => ({ id: upstream.id, charges: upstream.chargesFor(edit) }));
    const answer = this.#admission.admit({
      attemptId,
      requestId: attemptId,
      requestCharges: [],
      candidates,
    });
    if (answer.kind === "admitted") {
      gateway.use.note(answer.use);
      if (this.clock.nowMs > sinceMs) this.#waitsMs.push(this.clock.nowMs - sinceMs);
      this.#attempt(attemptId, waiting, order[answer.candidate]!);
    } else {
      this.#attempts -= 1;
      if (answer.kind === "refused") gateway.use.note(answer.refusals);
    }
    return answer;
  }

  #attempt(attemptId: string, { edit, gateway, failed }: Waiting, upstream: Upstream): void {
    const attempt = { deployment: upstream.deployment, edit };
    const begunMs = this.clock.nowMs;
    const running = { attemptIds: [attemptId], requestIds: [attemptId] };
    let isRunning = true;
    const renew = (): void => {
      if (!isRunning) return;
      this.#admission.renew(running);
      this.clock.after(renewEveryMs, renew);
    };
    this.clock.after(renewEveryMs, renew);
    gateway.strategy.observer?.begun(attempt);
    upstream.send(edit, (succeeded) => {
      const durationMs = this.clock.nowMs - begunMs;
      gateway.strategy.observer?.ended(attempt, { durationMs, outcome: succeeded ? "succeeded" : "failed" });
      isRunning = false;
      this.#admission.release(attemptId, "sent");
      this.#admission.finish(attemptId, "sent");
      if (succeeded) this.#serve(edit, upstream);
      else if (failed.length < Math.min(retries, this.upstreams.length - 1)) {
        this.#tryOrWait({ edit, gateway, failed: [...failed, upstream], sinceMs: this.clock.nowMs });
      } else this.#failed += 1;
      this.#serveQueue();
    });
  }

  #serve(edit: RecordedEdit, { id, deployment }: Upstream): void {
    this.#latenciesMs.push(this.clock.nowMs - edit.atMs);
    this.#served.set(id, (this.#served.get(id) ?? 0) + 1);
    this.#nanoUsd += estimateOf(edit, deployment)?.nanoUsd ?? 0n;
  }

  result(): SimulationResult {
    const sorted = (all: readonly number[]): number[] => [...all].sort((one, other) => one - other);
    return {
      strategy: this.name,
      latenciesMs: sorted(this.#latenciesMs),
      waitsMs: sorted(this.#waitsMs),
      failed: this.#failed,
      refused: this.#refused,
      attempts: this.#attempts,
      served: this.#served,
      nanoUsd: this.#nanoUsd,
    };
  }
}

/** A deployment at work: with no place free it answers an error at once, as an upstream whose limit is reached. */
class Upstream {
  readonly #requests: Meter | undefined;
  readonly #images: Meter | undefined;
  readonly #calls: Meter | undefined;
  #free: number;

  constructor(
    private readonly simulated: SimulatedDeployment,
    private readonly index: number,
    private readonly clock: VirtualTime,
  ) {
    this.#free = simulated.places;
    const { requestsPerMinute, imagesPerMinute, parallelCalls } = simulated.deployment.limits ?? {};
    const meter = (of: string, limit: number | undefined, window: Meter["window"]): Meter | undefined =>
      limit === undefined ? undefined : { key: `${this.id} ${of}`, window, limit: BigInt(limit) };
    const minute = { kind: "rolling", ms: 60_000 } as const;
    this.#requests = meter("requests", requestsPerMinute, minute);
    this.#images = meter("images", imagesPerMinute, minute);
    this.#calls = meter("calls", parallelCalls, { kind: "lease" });
  }

  get deployment(): Deployment {
    return this.simulated.deployment;
  }

  get id(): string {
    return this.deployment.id;
  }

  get meters(): readonly Meter[] {
    return [this.#requests, this.#images, this.#calls].flatMap((meter) => meter ?? []);
  }

  chargesFor({ parameters: { n } }: RecordedEdit): readonly Charge[] {
    return this.meters.map((meter) => ({ meter, amount: meter === this.#images ? BigInt(n) : 1n }));
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

/** The one of so many of a hundred that is not exceeded; 0 of none. */
export function percentileOf(sorted: readonly number[], percent: number): number {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0;
}
