import type { Deployment } from "../deployments/deployment.js";
import type { Health, Turn } from "../health/health.js";

/** When a deployment that cannot be called now can be. */
export interface Soonest {
  readonly deployment: Deployment;
  readonly atMs: number;
  /** Whether this request has called it before. */
  readonly wasCalled: boolean;
}

interface Fresh {
  readonly deployment: Deployment;
  /** Which of the group's levels it is of. */
  readonly level: number;
}

/**
 * Whom one request may call in one group: everybody once, in the strategy's order, before anybody again. Those that are in
 * doubt come behind all others, of whatever level.
 */
export class Candidates {
  #fresh: Fresh[];
  readonly #again: { readonly deployment: Deployment; readonly readyAtMs: number }[] = [];
  readonly #levelsCalled = new Set<number>();
  #calls = 0;

  /** @param levels by `order`, each in the order in which its deployments are to be called */
  constructor(
    levels: readonly (readonly Deployment[])[],
    private readonly health: Health,
  ) {
    const all = levels.flatMap((deployments, level) =>
      deployments.map((deployment) => ({ deployment, level })),
    );
    const inDoubt = ({ deployment }: Fresh): boolean => health.isInDoubt(deployment);
    this.#fresh = [...all.filter((each) => !inDoubt(each)), ...all.filter(inDoubt)];
  }

  /** Calls after the first one, or after the first one of the level that was turned to. */
  get retries(): number {
    return Math.max(0, this.#calls - 1);
  }

  /** The turn to call the first one that was not called yet and may be called now. */
  async next(): Promise<Turn | undefined> {
    for (const [index, { deployment, level }] of this.#fresh.entries()) {
      const turn = await this.health.turnAt(deployment);
      if (turn === undefined) continue;
      this.#fresh.splice(index, 1);
      this.#levelsCalled.add(level);
      this.#calls += 1;
      return turn;
    }
    return undefined;
  }

  /** Whether whoever has a turn is likely to serve. */
  isReliable({ deployment }: Turn): boolean {
    return this.health.isReliable(deployment);
  }

  /** Gives a turn back that is not taken. */
  giveBack(turn: Turn): void {
    this.health.unused(turn);
  }

  get hasNextLevel(): boolean {
    return this.#fresh.some(this.#isOfNewLevel);
  }

  /** Leaves the levels that were called, for good: the turn to call one of those that were not. */
  async nextLevel(): Promise<Turn | undefined> {
    this.#fresh = this.#fresh.filter(this.#isOfNewLevel);
    this.#again.length = 0;
    this.#calls = 0;
    return this.next();
  }

  readonly #isOfNewLevel = ({ level }: Fresh): boolean => !this.#levelsCalled.has(level);

  /** A deployment that has failed may be called once more, from that moment on. */
  addAgain(deployment: Deployment, readyAtMs: number): void {
    this.#again.push({ deployment, readyAtMs });
  }

  /** The turn to call one again that is ready by now. */
  async nextAgain(nowMs: number): Promise<Turn | undefined> {
    for (const [index, { deployment, readyAtMs }] of this.#again.entries()) {
      const turn = readyAtMs <= nowMs ? await this.health.turnAt(deployment) : undefined;
      if (turn === undefined) continue;
      this.#again.splice(index, 1);
      this.#calls += 1;
      return turn;
    }
    return undefined;
  }

  /** Whoever may be called first, of those that were not called yet and those that may be called again. */
  soonest(): Soonest | undefined {
    const all = [
      ...this.#again.map(({ deployment, readyAtMs }) => ({
        deployment,
        atMs: Math.max(readyAtMs, this.health.callableAtMs(deployment)),
        wasCalled: true,
      })),
      ...this.#fresh.map(({ deployment }) => ({
        deployment,
        atMs: this.health.callableAtMs(deployment),
        wasCalled: false,
      })),
    ];
    return all.sort((one, other) => one.atMs - other.atMs)[0];
  }
}
