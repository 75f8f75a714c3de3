import type { Correction } from "../admission/admission.js";
import type { Charge, Meter, Window } from "../admission/meter.js";
import { mostTokensOf } from "../estimate.js";
import type { EditRequest } from "../request.js";
import { fingerprintOf } from "./account.js";
import type { DeploymentLimits } from "./deployment-limits.js";
import type { Deployment } from "./deployment.js";

/** Deployments that share limits at their upstream. */
export interface Quota {
  /** Declared, or `MODEL@FINGERPRINT`; fit for a label of a metric and for a key in Redis. Never holds a secret. */
  readonly name: string;
  readonly members: readonly Deployment[];
  /** The lowest that it or its members name. */
  readonly limits: DeploymentLimits;
}

export interface QuotaSettings {
  /** As in the router's options: limits by the name of a declared quota. */
  readonly quotas?: ReadonlyMap<string, DeploymentLimits>;
  readonly defaultParallelCalls?: number;
  /** How much longer than a minute the windows are, in milliseconds. */
  readonly guardMs: number;
}

/** One limit of a quota that is told in several ways, of which the lowest holds. */
export interface LimitDifference {
  readonly quota: string;
  readonly limit: keyof DeploymentLimits;
  /** In ascending order, so that the first one holds. */
  readonly values: readonly number[];
}

/** What an attempt has really used, as far as its answer told. */
export interface AttemptUse {
  readonly tokens?: number;
  readonly images?: number;
}

/** What an upstream counts of an attempt, as the last part of a meter's key; `calls` are those under way. */
export type Dimension = "requests" | "images" | "tokens" | "calls";

const dimensionOf: Readonly<Record<keyof DeploymentLimits, Dimension>> = {
  requestsPerMinute: "requests",
  imagesPerMinute: "images",
  tokensPerMinute: "tokens",
  parallelCalls: "calls",
};

const limitNames = Object.keys(dimensionOf) as (keyof DeploymentLimits)[];

const minuteMs = 60_000;

/**
 * Which deployments share limits, and what an edit takes from them.
 *
 * A declared quota is what the operator says it is. Deployments without one share with those of the same credential, the
 * same server and the same model, in whatever group: the upstream does not know our groups. A wildcard deployment is one
 * quota for all that it serves, though its upstream may count each model apart: so the limits of its entry hold as they
 * are written, and clients cannot make meters by naming models.
 */
export class Quotas {
  /** In the order of their first members. */
  readonly all: readonly Quota[];
  readonly differences: readonly LimitDifference[];
  readonly #quotas = new Map<string, Quota>();
  readonly #meters = new Map<string, readonly QuotaMeter[]>();
  /** By the key of a meter. */
  readonly #dimensions = new Map<string, Dimension>();

  constructor(deployments: readonly Deployment[], settings: QuotaSettings) {
    const differences: LimitDifference[] = [];
    const parallelCalls = settings.defaultParallelCalls;
    const defaultLimits = parallelCalls === undefined ? {} : { parallelCalls };
    this.all = [...membersByName(deployments)].map(([name, members]) => {
      const told = [settings.quotas?.get(name), ...members.map(({ limits }) => limits)];
      const limits = lowestOf(told, (limit, values) => differences.push({ quota: name, limit, values }));
      return { name, members, limits: { ...defaultLimits, ...limits } };
    });
    this.differences = differences;
    for (const quota of this.all) {
      const meters = metersOf(quota, minuteMs + settings.guardMs);
      for (const { meter, dimension } of meters) this.#dimensions.set(meter.key, dimension);
      this.#meters.set(quota.name, meters);
      for (const { id } of quota.members) this.#quotas.set(id, quota);
    }
  }

  /** @throws TypeError for a deployment that was not among those given */
  quotaOf({ id }: Pick<Deployment, "id">): Quota {
    const quota = this.#quotas.get(id);
    if (quota === undefined) throw new TypeError(`there is no deployment ${id}`);
    return quota;
  }

  /** A meter for each limit that the deployment's quota has. The same objects every time. */
  metersOf(deployment: Pick<Deployment, "id">): readonly Meter[] {
    return this.quotaMetersOf(deployment).map(({ meter }) => meter);
  }

  /** As {@link metersOf}, with what they count. */
  quotaMetersOf(deployment: Pick<Deployment, "id">): readonly QuotaMeter[] {
    return this.#meters.get(this.quotaOf(deployment).name) ?? [];
  }

  /** What a meter of a quota counts; undefined for any other meter. */
  dimensionOf({ key }: Pick<Meter, "key">): Dimension | undefined {
    return this.#dimensions.get(key);
  }

  /**
   * What an attempt takes: one request, n images, one call, and the most tokens that it may count. An estimate of more
   * tokens than fit at all is no reason never to send an edit: it takes all that there are.
   */
  chargesOf(
    deployment: Deployment,
    edit: Pick<EditRequest, "parameters" | "body" | "sizeFit">,
  ): readonly Charge[] {
    return this.quotaMetersOf(deployment).map(({ meter, dimension }) => {
      switch (dimension) {
        case "requests":
        case "calls":
          return { meter, amount: 1n };
        case "images":
          return { meter, amount: BigInt(edit.parameters.n) };
        case "tokens": {
          const tokens = BigInt(mostTokensOf(edit, deployment));
          return { meter, amount: tokens < meter.limit ? tokens : meter.limit };
        }
      }
    });
  }

  /**
   * What of an attempt's charges was not what was used. Fewer images than were asked for give nothing back: the upstream
   * counted them when it took the request.
   */
  correctionsOf(charges: readonly Charge[], used: AttemptUse): readonly Correction[] {
    return charges.flatMap((charge) => {
      const amount = this.#usedOf(charge, used);
      return amount === undefined || amount === charge.amount ? [] : [{ charge, used: amount }];
    });
  }

  #usedOf({ meter, amount }: Charge, { tokens, images }: AttemptUse): bigint | undefined {
    const dimension = this.#dimensions.get(meter.key);
    if (dimension === "tokens") return tokens === undefined ? undefined : BigInt(tokens);
    if (dimension !== "images" || images === undefined) return undefined;
    return BigInt(images) > amount ? BigInt(images) : undefined;
  }
}

/** One limit of a quota. */
export interface QuotaMeter {
  readonly meter: Meter;
  readonly dimension: Dimension;
}

function metersOf({ name, limits }: Quota, windowMs: number): QuotaMeter[] {
  return limitNames.flatMap((limitName) => {
    const limit = limits[limitName];
    if (limit === undefined) return [];
    const dimension = dimensionOf[limitName];
    const window: Window = dimension === "calls" ? { kind: "lease" } : { kind: "rolling", ms: windowMs };
    return { dimension, meter: { key: `quota:${name}:${dimension}`, window, limit: BigInt(limit) } };
  });
}

function membersByName(deployments: readonly Deployment[]): Map<string, Deployment[]> {
  const quotas = new Map<string, Deployment[]>();
  for (const deployment of deployments) {
    const name = deployment.quota ?? undeclaredName(deployment);
    const members = quotas.get(name);
    if (members === undefined) quotas.set(name, [deployment]);
    else members.push(deployment);
  }
  return quotas;
}

/** `gpt-image-2@3f9ac1d2e4b7`. No declared quota has such a name. */
function undeclaredName(deployment: Deployment): string {
  return `${deployment.model.replaceAll(/[^\w.*/-]/g, "_")}@${fingerprintOf(deployment)}`;
}

function lowestOf(
  told: readonly (DeploymentLimits | undefined)[],
  differ: (limit: keyof DeploymentLimits, values: readonly number[]) => void,
): DeploymentLimits {
  const lowest = limitNames.flatMap((name) => {
    const values = [...new Set(told.flatMap((limits) => limits?.[name] ?? []))].sort((a, b) => a - b);
    if (values.length > 1) differ(name, values);
    return values.length === 0 ? [] : [[name, values[0]]];
  });
  return Object.fromEntries(lowest) as DeploymentLimits;
}
