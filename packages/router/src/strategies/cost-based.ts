import type { Deployment } from "../deployments/deployment.js";
import { estimateOf } from "../estimate.js";
import { SimpleShuffle } from "./simple-shuffle.js";
import type { RoutedEdit, Strategy } from "./strategy.js";

/**
 * Cheapest first, by the most that this very edit may cost there; of equals, any. What no price bounds comes last: it
 * may cost anything.
 */
export class CostBased implements Strategy {
  readonly #ties: SimpleShuffle;

  constructor(random: () => number) {
    this.#ties = new SimpleShuffle(random);
  }

  order(candidates: readonly Deployment[], edit: RoutedEdit): Deployment[] {
    return this.#ties
      .order(candidates)
      .map((deployment) => ({ deployment, nanoUsd: estimateOf(edit, deployment)?.nanoUsd }))
      .sort((one, other) => compare(one.nanoUsd, other.nanoUsd))
      .map(({ deployment }) => deployment);
  }
}

function compare(one: bigint | undefined, other: bigint | undefined): number {
  if (one === other) return 0;
  if (one === undefined) return 1;
  return other === undefined || one < other ? -1 : 1;
}
