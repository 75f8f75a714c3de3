import type { LimitsReport } from "@darkroom/router";

/** What `GET /quota` answers. Amounts are numbers of requests, images, tokens or calls; times are seconds from now. */
export interface QuotaAnswer {
  readonly quotas: readonly QuotaLine[];
  readonly waiting: readonly {
    readonly group: string;
    readonly requests: number;
    readonly callers: number;
  }[];
}

export interface QuotaLine {
  readonly quota: string;
  readonly limits: readonly LimitLine[];
  readonly deployments: readonly DeploymentLine[];
}

export interface LimitLine {
  /** `requests`, `images` and `tokens` of the last minute; `calls` under way. */
  readonly of: string;
  readonly used: number;
  readonly free: number;
  /** What holds now; `configured` is more where the upstream has shown that it takes less. */
  readonly limit: number;
  readonly configured: number;
}

export interface DeploymentLine {
  readonly deployment: string;
  readonly group: string;
  /** `well`, `cooling`, or `half-open`: one call tries it out. */
  readonly standing: string;
  readonly cooling_for_seconds?: number;
  readonly cause?: string;
  readonly reason?: string;
}

export function quotaAnswer({ quotas, waiting }: LimitsReport): QuotaAnswer {
  return {
    quotas: quotas.map(({ name, limits, deployments }) => ({
      quota: name,
      limits: limits.map(({ dimension, used, limit, configured }) => ({
        of: dimension,
        used: Number(used),
        free: Math.max(0, Number(limit - used)),
        limit: Number(limit),
        configured: Number(configured),
      })),
      deployments: deployments.map(({ id, group, standing, cooldown }) => ({
        deployment: id,
        group,
        standing,
        ...(cooldown !== undefined && {
          cooling_for_seconds: cooldown.endsInMs / 1000,
          cause: cooldown.cause,
          reason: cooldown.reason,
        }),
      })),
    })),
    waiting,
  };
}
