import type { AccountRefusal } from "../admission/account.js";
import type { Admitted, DeploymentRefusal, NotAdmitted } from "../admission/gate.js";
import type { Pass } from "../admission/pass.js";
import type { Deployment } from "../deployments/deployment.js";
import type { Health, Turn } from "../health/health.js";

/** A call that may be made: its deployment is well, and has room. */
export interface AdmittedTurn extends Turn {
  readonly pass: Pass;
}

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

/** A lease comes back when a call ends, and nobody knows when that is: it is looked for again after so long. */
const leaseRetryMs = 1_000;

/**
 * Whom one request may call in one group: everybody once, in the strategy's order, before anybody again. Those that are in
 * doubt come behind all others, of whatever level. Whoever has no room is passed over.
 */
export class Candidates {
  #fresh: Fresh[];
  readonly #again: { readonly deployment: Deployment; readonly readyAtMs: number }[] = [];
  readonly #levelsCalled = new Set<number>();
  #calls = 0;
  /** Why those that are well could not take it when they were last asked; by deployment. */
  readonly #refusals = new Map<Deployment, DeploymentRefusal & { readonly atMs: number }>();
  /** Why limits could not be known when they were last asked for. */
  unavailable: string | undefined;
  /** What the request's account said when it was last asked. */
  ofAccount: readonly AccountRefusal[] = [];
  /** The account lets the request go nowhere. */
  isDenied = false;

  /**
   * @param levels by `order`, each in the order in which its deployments are to be called
   * @param admit takes what the request needs from the first of some deployments that has room
   */
  constructor(
    levels: readonly (readonly Deployment[])[],
    private readonly health: Health,
    private readonly admit: (deployments: readonly Deployment[]) => Promise<Admitted | NotAdmitted>,
    private readonly nowMs: () => number,
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

  /** Why those who are well have no room, as far as they were asked. */
  get refusals(): readonly DeploymentRefusal[] {
    return [...this.#refusals.values()];
  }

  /** The turn to call the first one that was not called yet, may be called now and has room. */
  async next(): Promise<AdmittedTurn | undefined> {
    this.unavailable = undefined;
    this.ofAccount = [];
    const turn = await this.#turnAtOneOf(this.#fresh.map(({ deployment }) => deployment));
    const index = this.#fresh.findIndex(({ deployment }) => deployment === turn?.deployment);
    for (const { level } of index < 0 ? [] : this.#fresh.splice(index, 1)) this.#levelsCalled.add(level);
    return turn;
  }

  /** Whether whoever has a turn is likely to serve. */
  isReliable({ deployment }: Turn): boolean {
    return this.health.isReliable(deployment);
  }

  /** Gives a turn back that is not taken. */
  giveBack(turn: AdmittedTurn): void {
    turn.pass.end();
    this.health.unused(turn);
  }

  get hasNextLevel(): boolean {
    return this.#fresh.some(this.#isOfNewLevel);
  }

  /** Leaves the levels that were called, for good: the turn to call one of those that were not. */
  async nextLevel(): Promise<AdmittedTurn | undefined> {
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
  async nextAgain(nowMs: number): Promise<AdmittedTurn | undefined> {
    const ready = this.#again.filter(({ readyAtMs }) => readyAtMs <= nowMs);
    const turn = await this.#turnAtOneOf(ready.map(({ deployment }) => deployment));
    const index = this.#again.findIndex(({ deployment }) => deployment === turn?.deployment);
    if (index >= 0) this.#again.splice(index, 1);
    return turn;
  }

  /** Whoever may be called first, of those that were not called yet and those that may be called again. */
  soonest(): Soonest | undefined {
    const all = [
      ...this.#again.map(({ deployment, readyAtMs }) => ({
        deployment,
        atMs: Math.max(readyAtMs, this.#callableAtMs(deployment)),
        wasCalled: true,
      })),
      ...this.#fresh.map(({ deployment }) => ({
        deployment,
        atMs: this.#callableAtMs(deployment),
        wasCalled: false,
      })),
    ];
    return all.sort((one, other) => one.atMs - other.atMs)[0];
  }

  /** Those that are well are asked together; one that is to be tried out first has its probe taken. */
  async #turnAtOneOf(deployments: readonly Deployment[]): Promise<AdmittedTurn | undefined> {
    let well: Deployment[] = [];
    for (const deployment of deployments) {
      this.#refusals.delete(deployment);
      const standing = this.health.standingOf(deployment);
      if (standing === "well") well.push(deployment);
      if (standing !== "half-open") continue;
      const turn = (await this.#admitted(well)) ?? (await this.#probe(deployment));
      if (turn !== undefined) return turn;
      well = [];
    }
    return this.#admitted(well);
  }

  async #probe(deployment: Deployment): Promise<AdmittedTurn | undefined> {
    const turn = await this.health.turnAt(deployment);
    if (turn === undefined) return undefined;
    const admitted = await this.#admitted([deployment]);
    if (admitted === undefined) this.health.unused(turn);
    return admitted && { ...turn, pass: admitted.pass };
  }

  async #admitted(deployments: readonly Deployment[]): Promise<AdmittedTurn | undefined> {
    if (deployments.length === 0) return undefined;
    const answer = await this.admit(deployments);
    if (!("refusals" in answer)) {
      this.#calls += 1;
      return { ...answer, isProbe: false };
    }
    this.unavailable ??= answer.unavailable;
    this.ofAccount = [...this.ofAccount, ...answer.ofAccount];
    this.isDenied ||= answer.isFinal;
    const atMs = this.nowMs();
    for (const refusal of answer.refusals) this.#refusals.set(refusal.deployment, { ...refusal, atMs });
    return undefined;
  }

  #callableAtMs(deployment: Deployment): number {
    const wellAtMs = this.health.callableAtMs(deployment);
    const refusal = this.#refusals.get(deployment);
    if (refusal === undefined) return wellAtMs;
    return Math.max(wellAtMs, refusal.atMs + (refusal.fitsInMs ?? leaseRetryMs));
  }
}
