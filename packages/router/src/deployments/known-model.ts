import type { Deployment } from "./deployment.js";

/** The name by which price lists, and lists of what a model refuses, know a deployment's model. */
export function knownModelOf({ baseModel, model }: Pick<Deployment, "baseModel" | "model">): string {
  return baseModel ?? model;
}

/** The same as tables of OpenAI's models have it: in lower case, without a provider's prefix (`azure/gpt-image-2`). */
export function bareModelOf(deployment: Pick<Deployment, "baseModel" | "model">): string {
  const model = knownModelOf(deployment);
  return model.slice(model.lastIndexOf("/") + 1).toLowerCase();
}
