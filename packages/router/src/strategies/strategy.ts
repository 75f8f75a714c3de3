import type { Deployment } from "../deployments/deployment.js";

/** An order in which to try the deployments of a group. Ordering only: nothing is taken, counted or refused here. */
export interface Strategy {
  order(deployments: readonly Deployment[]): Deployment[];
}
