import type { Deployment } from "../deployments/deployment.js";
import { HeldClock } from "../memory/held-clock.test.support.js";
import type { Verdict } from "../retries/classification.js";
import { type CooldownEvent, Health, type Turn } from "./health.js";
import type { DeploymentHealthSettings, HealthSettings } from "./health-settings.js";

export function deploymentNamed(id: string, health?: DeploymentHealthSettings, group = "edits"): Deployment {
  const apiBase = "http://localhost/v1";
  return { id, group, model: "m", apiBase, apiKey: "sk-x", weight: 1, ...(health && { health }) };
}

/** One group's health, with its clock held. */
export class HeldHealth {
  readonly clock = new HeldClock();
  readonly events: string[] = [];
  readonly health: Health;

  constructor(
    readonly group: readonly Deployment[],
    settings: HealthSettings = {},
    random: () => number = () => 0,
  ) {
    const tell =
      (what: string) =>
      ({ deployment, cause, durationMs }: CooldownEvent): void => {
        this.events.push(`${deployment.id} ${what}: ${cause}, ${String(durationMs / 1000)} s`);
      };
    this.health = new Health(settings, {
      nowMs: () => this.clock.nowMs,
      random,
      timers: this.clock,
      listener: { began: tell("began"), ended: tell("ended") },
    });
  }

  deployment(index = 0): Deployment {
    const deployment = this.group[index];
    if (deployment === undefined) throw new Error("There is no such deployment.");
    return deployment;
  }

  /** @throws Error if it may not be called now */
  async turn(index = 0): Promise<Turn> {
    const turn = await this.health.turnAt(this.deployment(index));
    if (turn === undefined) throw new Error("It may not be called now.");
    return turn;
  }

  fail(turn: Turn, verdict: Verdict, retryAfterMs?: number): void {
    this.health.failed({ turn, group: this.group, verdict, reason: verdict.errorClass, retryAfterMs });
  }

  /** A call that fails. */
  async failure(verdict: Verdict, retryAfterMs?: number, index = 0): Promise<void> {
    this.fail(await this.turn(index), verdict, retryAfterMs);
  }

  async success(index = 0): Promise<void> {
    this.health.succeeded(await this.turn(index));
  }

  get standing(): string {
    return this.health.standingOf(this.deployment());
  }
}
