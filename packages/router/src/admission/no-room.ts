import type { DeploymentRefusal } from "./gate.js";

/** All deployments of a group that may be called are full: what stands in the way where room will come first. */
export interface NoRoom {
  readonly group: string;
  readonly refusal: DeploymentRefusal;
  /** Undefined where it is not known: when a call ends. */
  readonly fitsInMs: number | undefined;
}

/** The refusal that ends first; one whose end is not known comes last. */
export function soonestOf(refusals: readonly DeploymentRefusal[]): DeploymentRefusal | undefined {
  return [...refusals].sort((one, other) => endOf(one) - endOf(other))[0];
}

function endOf({ fitsInMs, charge, limit }: DeploymentRefusal): number {
  if (charge.amount > limit) return Number.POSITIVE_INFINITY;
  return fitsInMs ?? Number.MAX_SAFE_INTEGER;
}

/** `images a minute of quota org-one: 248 of 250 used, 4 asked for; they fit in 12 s`. */
export function wordsFor({ charge: { meter, amount }, used, limit, fitsInMs }: DeploymentRefusal): string {
  const full = `${meter.key}: ${String(used)} of ${String(limit)} used, ${String(amount)} asked for`;
  if (amount > limit) return `${full}, which is more than ever fits`;
  return fitsInMs === undefined ? full : `${full}; fits in ${String(Math.ceil(fitsInMs / 1000))} s`;
}
