import type { Deployment } from "../deployments/deployment.js";
import type { Dimension, Quota, QuotaMeter, Quotas } from "../deployments/quotas.js";
import type { CooldownCause } from "../health/health-store.js";
import type { Health, Standing } from "../health/health.js";
import type { Admission } from "./admission.js";
import type { MeterUse } from "./meter.js";
import type { WaitingRooms } from "./waiting-room/waiting-rooms.js";

/** What is used of the limits at one moment. */
export interface LimitsReport {
  readonly quotas: readonly QuotaReport[];
  /** Of the groups that somebody waits for. */
  readonly waiting: readonly WaitingReport[];
}

export interface QuotaReport {
  readonly name: string;
  readonly limits: readonly LimitReport[];
  readonly deployments: readonly DeploymentReport[];
}

export interface LimitReport {
  readonly dimension: Dimension;
  readonly used: bigint;
  /** What holds now. */
  readonly limit: bigint;
  /** More than `limit` where the upstream has shown that it takes less at present. */
  readonly configured: bigint;
}

export interface DeploymentReport {
  readonly id: string;
  readonly group: string;
  readonly standing: Standing;
  /** Why it is left alone, where it is. */
  readonly cooldown?: {
    readonly cause: CooldownCause;
    readonly reason: string;
    /** Milliseconds; 0 where its probe is awaited. */
    readonly endsInMs: number;
  };
}

export interface WaitingReport {
  readonly group: string;
  readonly requests: number;
  readonly callers: number;
}

/** Tells what is used of the limits, and who waits for them. */
export class LimitsReports {
  constructor(
    private readonly admission: Pick<Admission, "usage">,
    private readonly quotas: Quotas,
    private readonly health: Health,
    private readonly rooms: WaitingRooms,
    private readonly nowMs: () => number,
  ) {}

  async now(): Promise<LimitsReport> {
    const quotas = this.quotas.all.map((quota) => ({ quota, meters: this.#metersOf(quota) }));
    const all = quotas.flatMap(({ meters }) => meters.map(({ meter }) => meter));
    const uses = new Map((await this.admission.usage(all)).map((use) => [use.meter.key, use]));
    return {
      quotas: quotas.map(({ quota, meters }) => ({
        name: quota.name,
        limits: limitReports(meters, uses),
        deployments: quota.members.map((deployment) => this.#deployment(deployment)),
      })),
      waiting: [...this.rooms.occupied].map(([group, { waiting, callers }]) => ({
        group,
        requests: waiting,
        callers: callers.size,
      })),
    };
  }

  #metersOf({ members: [member] }: Quota): readonly QuotaMeter[] {
    return member === undefined ? [] : this.quotas.quotaMetersOf(member);
  }

  #deployment(deployment: Deployment): DeploymentReport {
    const { id, group } = deployment;
    const standing = this.health.standingOf(deployment);
    const cooldown = this.health.cooldownOf(deployment);
    if (cooldown === undefined) return { id, group, standing };
    const { cause, reason, untilMs } = cooldown;
    const endsInMs = Math.max(0, untilMs - this.nowMs());
    return { id, group, standing, cooldown: { cause, reason, endsInMs } };
  }
}

function limitReports(meters: readonly QuotaMeter[], uses: ReadonlyMap<string, MeterUse>): LimitReport[] {
  return meters.map(({ dimension, meter }) => {
    const use = uses.get(meter.key);
    return {
      dimension,
      used: use?.used ?? 0n,
      limit: use?.limit ?? meter.limit,
      configured: meter.limit,
    };
  });
}
