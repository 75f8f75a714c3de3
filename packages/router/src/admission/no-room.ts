import type { RouterError } from "../errors.js";
import type { DeploymentRefusal } from "./gate.js";

/** All deployments of a group that may be called are full: what stands in the way where room will come first. */
export interface NoRoom {
  readonly group: string;
  /** Undefined where nobody was asked, because others wait for room already. */
  readonly refusal: DeploymentRefusal | undefined;
  /** What the client is told where it is its own account that has nothing left but what is reserved. */
  readonly ofAccount?: RouterError;
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

/** Whether it will ever fit. */
export function canFit({ refusal }: Pick<NoRoom, "refusal">): boolean {
  return refusal === undefined || refusal.charge.amount <= refusal.limit;
}

/** `images a minute: 248 of 250 used, 4 asked for; fits in 12 s`. The quota's name is the operator's business. */
export function wordsFor({ refusal }: NoRoom): string {
  if (refusal === undefined) return "others wait for it already";
  const { charge, dimension = "calls", used, limit, fitsInMs } = refusal;
  const what = dimension === "calls" ? "calls at once" : `${dimension} a minute`;
  const full = `${what}: ${String(used)} of ${String(limit)} used, ${String(charge.amount)} asked for`;
  if (!canFit({ refusal })) return `${full}, which is more than ever fits`;
  return fitsInMs === undefined ? full : `${full}; fits in ${String(Math.ceil(fitsInMs / 1000))} s`;
}
