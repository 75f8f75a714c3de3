import type { Deployment } from "../deployments/deployment.js";
import type { Health, Turn } from "../health/health.js";

/** When a deployment that cannot be called now can be. */
export interface Soonest {
  readonly deployment: Deployment;
  readonly atMs: number;
  /** Whether this request has called it before. */
  readonly wasCalled: boolean;
}

/** Whom one request may call in one group: everybody once, in the strategy's order, before anybody again. */
export class Candidates {
  readonly #again: { readonly deployment: Deployment; readonly readyAtMs: number }[] = [];

  /** @param fresh in the order in which they are to be called; what is called is taken from it */
  constructor(
    private readonly fresh: Deployment[],
    private readonly health: Health,
  ) {}

  /** The turn to call the first one that was not called yet and may be called now. */
  async next(): Promise<Turn | undefined> {
    for (let index = 0; index < this.fresh.length; index += 1) {
      const deployment = this.fresh[index];
      const turn = deployment && (await this.health.turnAt(deployment));
      if (turn === undefined) continue;
      this.fresh.splice(index, 1);
      return turn;
    }
    return undefined;
  }

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
      ...this.fresh.map((deployment) => ({
        deployment,
        atMs: this.health.callableAtMs(deployment),
        wasCalled: false,
      })),
    ];
    return all.sort((one, other) => one.atMs - other.atMs)[0];
  }
}
