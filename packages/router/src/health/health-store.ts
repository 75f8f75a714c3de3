/** Why a deployment is left alone. */
export type CooldownCause =
  /** It asked for time: a rate limit, or overload. */
  | "rate limit"
  /** Its key, its account or its model is no good. */
  | "locked out"
  /** It failed too often. */
  | "failures";

/** A time in which a deployment gets no traffic. */
export interface Cooldown {
  readonly cause: CooldownCause;
  /** The last failure: `429 rate_limit_exceeded`, `connection refused`. */
  readonly reason: string;
  /** By the clock of this process. */
  readonly untilMs: number;
  /** Afterwards one call tries it out, and the others follow when that one has succeeded. */
  readonly thenProbe: boolean;
}

/**
 * What all who call the same deployments must agree on: who is left alone until when, and who tries one out. What is counted
 * to decide it stays with each process, as in Envoy.
 *
 * It is read before every attempt, so from memory: a store that is shared keeps a copy of what it hears from the others, and
 * only the probe is asked for over the network.
 */
export interface HealthStore {
  /** Also one that is over, until the deployment has recovered. */
  cooldownOf(deploymentId: string): Cooldown | undefined;
  /** Sets it; of two the later end counts, and who has to be tried out still has to be. */
  coolDown(deploymentId: string, cooldown: Cooldown): void;
  /** All may call it again, unless another cooldown than this one has begun since: some other process may know better. */
  recover(deploymentId: string, from: Cooldown): void;
  /** True for one of those who ask, until it gives the probe back. */
  takeProbe(deploymentId: string): boolean | Promise<boolean>;
  giveProbeBack(deploymentId: string): void;
}

/** The store of a gateway that is one process. */
export class LocalHealthStore implements HealthStore {
  readonly #cooldowns = new Map<string, Cooldown>();
  readonly #probes = new Set<string>();

  cooldownOf(deploymentId: string): Cooldown | undefined {
    return this.#cooldowns.get(deploymentId);
  }

  coolDown(deploymentId: string, cooldown: Cooldown): void {
    const known = this.#cooldowns.get(deploymentId);
    const later = known === undefined || known.untilMs < cooldown.untilMs ? cooldown : known;
    const thenProbe = cooldown.thenProbe || known?.thenProbe === true;
    this.#cooldowns.set(deploymentId, later.thenProbe === thenProbe ? later : { ...later, thenProbe });
  }

  recover(deploymentId: string, from: Cooldown): void {
    if (this.#cooldowns.get(deploymentId) === from) this.#cooldowns.delete(deploymentId);
  }

  takeProbe(deploymentId: string): boolean {
    if (this.#probes.has(deploymentId)) return false;
    this.#probes.add(deploymentId);
    return true;
  }

  giveProbeBack(deploymentId: string): void {
    this.#probes.delete(deploymentId);
  }
}
