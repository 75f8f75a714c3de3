import { openAiApiBase } from "../providers/openai.js";
import type { Deployment } from "./deployment.js";

/** A deployment as a program names it: a group and a key are enough for one of OpenAI's models. */
export type DeploymentOptions = Pick<Deployment, "group" | "apiKey"> & Partial<Deployment>;

/** OpenAI's own API, the model of the group's name, and an id that says which of the group it is. */
export function completed(deployments: readonly DeploymentOptions[]): Deployment[] {
  const count = new Map<string, number>();
  return deployments.map((deployment) => {
    const { group } = deployment;
    const number = (count.get(group) ?? 0) + 1;
    count.set(group, number);
    return {
      id: `${group}-${String(number)}`,
      model: group,
      apiBase: openAiApiBase,
      ...deployment,
    };
  });
}
