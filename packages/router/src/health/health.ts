import type { Deployment } from "../deployments/deployment.js";
import { type Timers, backgroundTimers } from "../memory/timers.js";
import type { Verdict } from "../retries/classification.js";
import { AllowedFails } from "./allowed-fails.js";
import { CooldownEnds } from "./cooldown-ends.js";
import { FailureCounts } from "./failure-counts.js";
import { type HealthSettings, healthDefaults } from "./health-settings.js";
import { Reliability } from "./reliability.js";
import { type Cooldown, type CooldownCause, type HealthStore, LocalHealthStore } from "./health-store.js";

/** Whether a deployment may be called now. `half-open`: by whoever has its probe. */
export type Standing = "well" | "half-open" | "cooling";

/** A call that may be made, or was. */
export interface Turn {
  readonly deployment: Deployment;
  /** The one call that tries out whether a deployment works again. */
  readonly isProbe: boolean;
}

/** A failed call, as far as the deployment's health depends on it. */
export interface FailedTurn {
  readonly turn: Turn;
  /** All deployments of its group. */
  readonly group: readonly Deployment[];
  readonly verdict: Verdict;
  /** In a few words that hold no secret. */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
}

/** A deployment is left alone, or no longer. */
export interface CooldownEvent {
  readonly deployment: Deployment;
  readonly cause: CooldownCause;
  readonly reason: string;
  readonly durationMs: number;
}

export interface HealthListener {
  began(event: CooldownEvent): void;
  ended(event: CooldownEvent): void;
}

/** What health is told by: time, chance, and whoever shares the state. */
export interface HealthSurroundings {
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly listener: HealthListener;
  readonly store?: HealthStore;
  readonly timers?: Timers;
}

/**
 * Which deployments may be called. Each is in one of three states:
 *
 *     well ──(a rate limit, a bad key, too many failures)──▶ cooling ──(its time is over)──▶ well, after a rate limit
 *      ▲                                                        ▲                          ▶ half-open, after all else
 *      └───────────(the probe succeeds)─── half-open ───(the probe fails)───┘
 *
 * While it is cooling nobody calls it; while it is half-open one call at a time does, the probe. A failure of a call that had
 * begun before the cooldown does not prolong it, unless the upstream asks for more time.
 */
export class Health {
  readonly #store: HealthStore;
  readonly #counts = new Map<string, FailureCounts>();
  readonly #reliability = new Map<string, Reliability>();
  readonly #allowed: AllowedFails;
  readonly #ends: CooldownEnds;

  constructor(
    private readonly settings: HealthSettings,
    private readonly surroundings: HealthSurroundings,
  ) {
    this.#store = surroundings.store ?? new LocalHealthStore();
    this.#allowed = new AllowedFails(settings);
    this.#ends = new CooldownEnds(surroundings.timers ?? backgroundTimers);
  }

  standingOf({ id }: Deployment): Standing {
    const cooldown = this.#store.cooldownOf(id);
    if (cooldown === undefined) return "well";
    if (this.surroundings.nowMs() < cooldown.untilMs) return "cooling";
    if (cooldown.thenProbe) return "half-open";
    this.#store.recover(id, cooldown);
    return "well";
  }

  /** Why a deployment is left alone, if it is. */
  cooldownOf(deployment: Deployment): Cooldown | undefined {
    return this.standingOf(deployment) === "well" ? undefined : this.#store.cooldownOf(deployment.id);
  }

  /**
   * Whether a deployment fails so often that it would be left alone, were there not too many of its group already. It may be
   * called, but everybody else is to be called before.
   */
  isInDoubt({ id }: Deployment): boolean {
    return this.#counts.get(id)?.isInDoubt(this.surroundings.nowMs()) ?? false;
  }

  /** Whether a call of a deployment is likely to succeed, by those of the last minute. */
  isReliable({ id }: Deployment): boolean {
    return this.#reliability.get(id)?.isGiven(this.surroundings.nowMs()) ?? false;
  }

  /** Takes the turn to call a deployment, if it may be called now. Who has one must tell how it went. */
  async turnAt(deployment: Deployment): Promise<Turn | undefined> {
    const standing = this.standingOf(deployment);
    if (standing === "well") return { deployment, isProbe: false };
    const isProbe = standing === "half-open" && (await this.#store.takeProbe(deployment.id));
    return isProbe ? { deployment, isProbe } : undefined;
  }

  /** When a deployment that may not be called now may be: known exactly, or a guess where its probe is under way. */
  callableAtMs(deployment: Deployment): number {
    const nowMs = this.surroundings.nowMs();
    switch (this.standingOf(deployment)) {
      case "well":
        return nowMs;
      case "half-open":
        return nowMs + healthDefaults.probeRetryAfterMs;
      case "cooling":
        return this.#store.cooldownOf(deployment.id)?.untilMs ?? nowMs;
    }
  }

  succeeded({ deployment, isProbe }: Turn): void {
    this.#reliabilityOf(deployment).succeeded(this.surroundings.nowMs());
    if (this.settings.disabled === true) return;
    const counts = this.#countsOf(deployment);
    if (isProbe) {
      this.#store.giveProbeBack(deployment.id);
      this.#open(deployment);
      counts.startAfresh();
    }
    counts.succeeded(this.surroundings.nowMs());
  }

  failed(failed: FailedTurn): void {
    const { deployment, isProbe } = failed.turn;
    const isToBlame = failed.verdict.cooldown !== "never";
    if (isToBlame) this.#reliabilityOf(deployment).failed(this.surroundings.nowMs());
    const rule = this.#ruleFor(failed);
    if (rule !== "never") {
      if (rule === "long") this.#lockOut(failed);
      else if (rule === "short") this.#giveTime(failed);
      else this.#count(failed);
    }
    if (isProbe) this.#store.giveProbeBack(deployment.id);
  }

  /** The turn was not used, or said nothing of the deployment. */
  unused({ deployment, isProbe }: Turn): void {
    if (isProbe) this.#store.giveProbeBack(deployment.id);
  }

  /** Ends all timers. */
  close(): void {
    this.#ends.close();
  }

  /** What this failure may do to this deployment. */
  #ruleFor({
    turn: { deployment },
    verdict,
    retryAfterMs,
  }: FailedTurn): "never" | "counted" | "short" | "long" {
    const { errorClass, cooldown } = verdict;
    if (this.settings.disabled === true || deployment.health?.cooldownMs === 0) return "never";
    if (cooldown === "never") return "never";
    // Whoever makes up the name of a model must not take out the deployment that serves all such names.
    if (errorClass === "NotFoundError" && deployment.group.endsWith("*")) return "never";
    if (this.#allowed.ofClass(deployment, errorClass) !== undefined) return "counted";
    if (cooldown === "as asked") return retryAfterMs === undefined ? "counted" : "short";
    return cooldown;
  }

  #lockOut(failed: FailedTurn): void {
    const { deployment, isProbe } = failed.turn;
    const standing = this.standingOf(deployment);
    // Of many calls under way when the key was withdrawn, only the first one counts.
    if (!isProbe && standing !== "well") return;
    const { lockoutMs, longestLockoutMs } = healthDefaults;
    const times = this.#countsOf(deployment).nextLockout();
    const growing = Math.min(lockoutMs * 2 ** (times - 1), longestLockoutMs);
    const durationMs = deployment.health?.cooldownMs ?? Math.max(growing, this.settings.cooldownMs ?? 0);
    this.#begin(failed, "locked out", durationMs, true);
  }

  /** A deployment that is alone goes on: the wait is that of the request which was refused, not of all others. */
  #giveTime(failed: FailedTurn): void {
    const { turn, group, retryAfterMs } = failed;
    // It answers, which is what a probe is to find out.
    if (turn.isProbe) this.#open(turn.deployment);
    if (group.length < 2) return;
    const asked = retryAfterMs === undefined ? undefined : this.#asAsked(retryAfterMs);
    const durationMs = turn.deployment.health?.cooldownMs ?? asked ?? this.#cooldownMs;
    this.#begin(failed, "rate limit", durationMs, false);
  }

  /** A probe has come through; a limit that was told while it was under way holds all the same. */
  #open(deployment: Deployment): void {
    const cooldown = this.#store.cooldownOf(deployment.id);
    if (cooldown !== undefined && this.standingOf(deployment) === "half-open") {
      this.#store.recover(deployment.id, cooldown);
    }
  }

  #asAsked(retryAfterMs: number): number {
    const { shortestRetryAfterMs, longestRetryAfterMs, retryAfterJitter } = healthDefaults;
    const clamped = Math.min(Math.max(retryAfterMs, shortestRetryAfterMs), longestRetryAfterMs);
    return clamped * (1 + this.surroundings.random() * retryAfterJitter);
  }

  #count(failed: FailedTurn): void {
    const { turn, group, verdict } = failed;
    // It is out already; its calls of before tell nothing new.
    if (!turn.isProbe && this.standingOf(turn.deployment) !== "well") return;
    const nowMs = this.surroundings.nowMs();
    const counts = this.#countsOf(turn.deployment);
    const exceeded = this.#allowed.count(turn.deployment, verdict.errorClass, counts, nowMs);
    if (exceeded === undefined) {
      counts.failed(nowMs);
      if (turn.isProbe) this.#eject(failed, counts, nowMs);
      else if (!counts.failsTooOften(nowMs)) return;
      else if (this.#mayEject(group)) this.#eject(failed, counts, nowMs);
      else counts.inDoubtUntil(nowMs + this.#shortestEjectionMs(turn.deployment));
    } else if (turn.isProbe || exceeded) this.#coolDown(failed, counts);
  }

  #coolDown(failed: FailedTurn, counts: FailureCounts): void {
    const { turn, retryAfterMs } = failed;
    const asked = retryAfterMs === undefined ? undefined : this.#asAsked(retryAfterMs);
    counts.startAfresh();
    this.#begin(failed, "failures", turn.deployment.health?.cooldownMs ?? asked ?? this.#cooldownMs, true);
  }

  #eject(failed: FailedTurn, counts: FailureCounts, nowMs: number): void {
    const baseMs = this.#shortestEjectionMs(failed.turn.deployment);
    const mostMs = Math.max(baseMs, healthDefaults.longestEjectionMs);
    const durationMs = Math.min(baseMs * counts.nextEjection(nowMs), mostMs);
    counts.startAfresh();
    counts.ejectedUntil(nowMs + durationMs);
    this.#begin(failed, "failures", durationMs, true);
  }

  #shortestEjectionMs({ health }: Deployment): number {
    return health?.cooldownMs ?? this.settings.cooldownMs ?? healthDefaults.ejectionMs;
  }

  /** Those who are out for other reasons count as well: somebody must be left. */
  #mayEject(group: readonly Deployment[]): boolean {
    const out = group.filter((deployment) => this.standingOf(deployment) !== "well").length;
    return out + 1 <= group.length * healthDefaults.mostEjectedShare;
  }

  #begin(failed: FailedTurn, cause: CooldownCause, durationMs: number, thenProbe: boolean): void {
    const { deployment } = failed.turn;
    const wasCooling = this.standingOf(deployment) === "cooling";
    const untilMs = this.surroundings.nowMs() + durationMs;
    const cooldown: Cooldown = { cause, reason: failed.reason, untilMs, thenProbe };
    this.#store.coolDown(deployment.id, cooldown);
    const event: CooldownEvent = { deployment, cause, reason: failed.reason, durationMs };
    if (!wasCooling) this.surroundings.listener.began(event);
    const endsLater = (this.#store.cooldownOf(deployment.id)?.untilMs ?? 0) > untilMs;
    if (endsLater) return;
    this.#ends.after(durationMs, deployment.id, () => this.surroundings.listener.ended(event));
  }

  get #cooldownMs(): number {
    return this.settings.cooldownMs ?? healthDefaults.cooldownMs;
  }

  #reliabilityOf({ id }: Deployment): Reliability {
    let reliability = this.#reliability.get(id);
    if (reliability === undefined) {
      reliability = new Reliability();
      this.#reliability.set(id, reliability);
    }
    return reliability;
  }

  #countsOf({ id }: Deployment): FailureCounts {
    let counts = this.#counts.get(id);
    if (counts === undefined) {
      counts = new FailureCounts();
      this.#counts.set(id, counts);
    }
    return counts;
  }
}
