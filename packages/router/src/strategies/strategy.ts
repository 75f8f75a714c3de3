import type { Deployment } from "../deployments/deployment.js";
import type { EditRequest } from "../request.js";
import type { AttemptObserver } from "./attempt-observer.js";

/** What a strategy may look at of a request. */
export type RoutedEdit = Pick<EditRequest, "parameters" | "body">;

/** An order in which to try the deployments of a group. Ordering only: nothing is taken, counted or refused here. */
export interface Strategy {
  /** Every candidate once, the best one first. */
  order(candidates: readonly Deployment[], edit: RoutedEdit): Deployment[];
  /** Told of every attempt, whatever its group, where the order depends on them. */
  readonly observer?: AttemptObserver;
}

/** How much room a deployment's limits leave, from 0 (full) to 1 (idle, or not limited). */
export interface RoomOf {
  of(deploymentId: string): number;
}
