import type { Deployment } from "./deployment.js";

/** The name by which price lists, and lists of what a model refuses, know a deployment's model. */
export function knownModelOf({ baseModel, model }: Pick<Deployment, "baseModel" | "model">): string {
  return baseModel ?? model;
}

/** Whether a model's name begins with one of these. A provider's prefix (`azure/gpt-image-2`) does not matter. */
export function isOneOf(model: string, beginnings: readonly string[]): boolean {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return beginnings.some((beginning) => name.startsWith(beginning));
}
