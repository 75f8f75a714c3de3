import type { Deployment } from "../../deployments/deployment.js";
import { deployment } from "../strategies.test.support.js";

/** How a deployment behaves at a time. */
export interface Behaviour {
  /** Durations are multiplied by it. */
  readonly slowness: number;
  /** How many of its edits meet an error, from 0 to 1. */
  readonly errors: number;
}

/** A deployment of the mix. */
export interface SimulatedDeployment {
  readonly deployment: Deployment;
  /** How many edits it works on at once. */
  readonly places: number;
  behaviourAt(nowMs: number): Behaviour;
}

/** An error is answered at once. */
export const errorMs = 300;

const steady =
  (slowness: number): SimulatedDeployment["behaviourAt"] =>
  () => ({ slowness, errors: 0.005 });

/** Well for four minutes, then bad for one. */
const flapping: SimulatedDeployment["behaviourAt"] = (nowMs) =>
  nowMs % 300_000 < 240_000 ? { slowness: 1, errors: 0.005 } : { slowness: 4, errors: 0.5 };

/** Fast and dear, as fast but flapping, of the usual speed, and slow and cheap. */
export const simulatedDeployments: readonly SimulatedDeployment[] = [
  { deployment: deployment("fast", { model: "gpt-image-1" }), places: 20, behaviourAt: steady(0.8) },
  { deployment: deployment("flapping", { model: "gpt-image-1.5" }), places: 20, behaviourAt: flapping },
  { deployment: deployment("usual", { model: "gpt-image-1.5" }), places: 20, behaviourAt: steady(1.2) },
  { deployment: deployment("slow", { model: "gpt-image-1-mini" }), places: 20, behaviourAt: steady(3) },
];
