import type { Deployment } from "../deployments/deployment.js";
import { AttemptsInFlight } from "./attempts-in-flight.js";
import { SimpleShuffle } from "./simple-shuffle.js";
import type { Strategy } from "./strategy.js";

/** Fewest attempts in flight first; of equals, any. */
export class LeastBusy implements Strategy {
  readonly observer = new AttemptsInFlight();
  readonly #ties: SimpleShuffle;

  constructor(random: () => number) {
    this.#ties = new SimpleShuffle(random);
  }

  order(candidates: readonly Deployment[]): Deployment[] {
    return this.#ties
      .order(candidates)
      .sort((one, other) => this.observer.of(one.id) - this.observer.of(other.id));
  }
}
