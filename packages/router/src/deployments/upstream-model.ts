import type { Deployment } from "./deployment.js";

/**
 * The model's name at the upstream. Where the deployment's model ends in `*`, the star takes what the group's
 * `*` stands for in the client's name: group `openai/*` and model `*` turn `openai/gpt-image-2` into `gpt-image-2`.
 * A name that the group does not match (a fallback from another group) takes the star's place as a whole.
 */
export function upstreamModel(
  deployment: Pick<Deployment, "group" | "model">,
  requestedModel: string | undefined,
): string {
  const { group, model } = deployment;
  if (!model.endsWith("*") || requestedModel === undefined) return model;
  const prefix = group.endsWith("*") ? group.slice(0, -1) : "";
  const matched = requestedModel.startsWith(prefix) ? requestedModel.slice(prefix.length) : requestedModel;
  return model.slice(0, -1) + matched;
}
