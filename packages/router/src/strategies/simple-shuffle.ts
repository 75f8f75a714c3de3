import type { Deployment } from "../deployments/deployment.js";
import type { Strategy } from "./strategy.js";

/**
 * A weighted shuffle: each place goes to one of the deployments left, with a chance in proportion to its weight.
 *
 * Every deployment gets the sort key `random^(1/weight)` and the highest come first (Efraimidis and Spirakis, "Weighted
 * random sampling with a reservoir", 2006); in logarithms here, since a tiny weight would underflow. Weight 0 comes last.
 */
export class SimpleShuffle implements Strategy {
  constructor(private readonly random: () => number = Math.random) {}

  order(deployments: readonly Deployment[]): Deployment[] {
    return deployments
      .map((deployment) => ({ deployment, key: this.#sortKey(deployment.weight) }))
      .sort((one, other) => other.key - one.key)
      .map(({ deployment }) => deployment);
  }

  #sortKey(weight: number): number {
    // 1 - random is never 0, so the logarithm is finite.
    const logarithm = Math.log(1 - this.random());
    return weight > 0 ? logarithm / weight : logarithm - Number.MAX_VALUE / 2;
  }
}
