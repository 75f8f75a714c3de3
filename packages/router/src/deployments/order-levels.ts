import type { Deployment } from "./deployment.js";

/** The deployments by their `order`, lowest first. Those without one are the last level, so that none is left out. */
export function orderLevels(deployments: readonly Deployment[]): Deployment[][] {
  const levels = new Map<number, Deployment[]>();
  for (const deployment of deployments) {
    const order = deployment.order ?? Number.POSITIVE_INFINITY;
    const level = levels.get(order);
    if (level === undefined) levels.set(order, [deployment]);
    else level.push(deployment);
  }
  return [...levels].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, level]) => level);
}
