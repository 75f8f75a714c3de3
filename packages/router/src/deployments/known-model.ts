import type { Deployment } from "./deployment.js";

/** The name by which price lists, and lists of what a model refuses, know a deployment's model. */
export function knownModelOf({ baseModel, model }: Pick<Deployment, "baseModel" | "model">): string {
  return baseModel ?? model;
}

/** The same as tables of OpenAI's models have it: in lower case, without a provider's prefix (`azure/gpt-image-2`). */
export function bareModelOf(deployment: Pick<Deployment, "baseModel" | "model">): string {
  return bareName(knownModelOf(deployment));
}

/** Whether a model's name begins with one of these. A provider's prefix does not matter. */
export function isOneOf(model: string, beginnings: readonly string[]): boolean {
  const name = bareName(model);
  return beginnings.some((beginning) => name.startsWith(beginning));
}

function bareName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).toLowerCase();
}
