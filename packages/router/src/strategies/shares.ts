import type { Deployment } from "../deployments/deployment.js";

/** Whether the operator has said what share each of them gets. */
export function haveWeights(deployments: readonly Deployment[]): boolean {
  return deployments.some(({ weight }) => weight !== undefined);
}

/**
 * The deployments' shares of traffic, relative to one another: their weights, else their requests a minute, else all
 * the same. A missing weight counts as 1, a missing rate as the mean of the others.
 */
export function sharesOf(deployments: readonly Deployment[]): number[] {
  if (haveWeights(deployments)) return deployments.map(({ weight }) => weight ?? 1);
  const rates = deployments.flatMap(({ rpm }) => rpm ?? []);
  if (rates.length === 0) return deployments.map(() => 1);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return deployments.map(({ rpm }) => rpm ?? mean);
}
