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

/** The same with limits, of which another one is the tightest at each: requests, images, images, calls under way. */
export const limitedDeployments: readonly SimulatedDeployment[] = (
  [
    ["fast", { requestsPerMinute: 10, imagesPerMinute: 20 }],
    ["flapping", { imagesPerMinute: 50 }],
    ["usual", { requestsPerMinute: 100, imagesPerMinute: 100 }],
    ["slow", { imagesPerMinute: 50, parallelCalls: 20 }],
  ] as const
).map(([id, limits]) => {
  const simulated = simulatedDeployments.find(({ deployment }) => deployment.id === id)!;
  return { ...simulated, deployment: { ...simulated.deployment, limits }, places: 1000 };
});

/** How many edits of the mix they serve in a second, all together: 10, 31, 63 and 19 in a minute. */
export const limitedPerSecond = 123 / 60;
