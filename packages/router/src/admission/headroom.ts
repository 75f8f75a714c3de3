import type { LatestUse } from "./latest-use.js";
import type { Meter } from "./meter.js";

/** How much room a deployment's limits leave: as much as the one that is nearest to being full. */
export class Headroom {
  /** @param metersOf the meters of a deployment's quota, by its id */
  constructor(
    private readonly use: LatestUse,
    private readonly metersOf: (deploymentId: string) => readonly Meter[],
  ) {}

  /** From 0 (full) to 1 (idle, or not limited). */
  of(deploymentId: string): number {
    return this.metersOf(deploymentId).reduce((least, { key }) => Math.min(least, this.use.freeOf(key)), 1);
  }
}
