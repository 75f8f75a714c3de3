import type { Deployment } from "./deployment.js";

/** The name by which price lists, and lists of what a model refuses, know a deployment's model. */
export function knownModelOf({ baseModel, model }: Pick<Deployment, "baseModel" | "model">): string {
  return baseModel ?? model;
}
