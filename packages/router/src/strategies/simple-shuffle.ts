import type { Deployment } from "../deployments/deployment.js";
import { sharesOf } from "./shares.js";
import type { Strategy } from "./strategy.js";

/**
 * A weighted shuffle: each place goes to one of the deployments left, with a chance in proportion to its share.
 *
 * Every deployment gets the sort key `random^(1/share)` and the highest come first (Efraimidis and Spirakis, "Weighted
 * random sampling with a reservoir", 2006); in logarithms here, since a tiny share would underflow. Share 0 comes last.
 */
export class SimpleShuffle implements Strategy {
  constructor(private readonly random: () => number) {}

  order(candidates: readonly Deployment[]): Deployment[] {
    const shares = sharesOf(candidates);
    return candidates
      .map((deployment, index) => ({ deployment, key: this.#sortKey(shares[index] ?? 0) }))
      .sort((one, other) => other.key - one.key)
      .map(({ deployment }) => deployment);
  }

  #sortKey(share: number): number {
    // 1 - random is never 0, so the logarithm is finite.
    const logarithm = Math.log(1 - this.random());
    return share > 0 ? logarithm / share : logarithm - Number.MAX_VALUE / 2;
  }
}
