import { providerOf } from "../providers/providers.js";
import type { Deployment } from "./deployment.js";

/** A deployment as a program names it: a group and a key are enough for one of OpenAI's models. */
export type DeploymentOptions = Pick<Deployment, "group"> & Partial<Deployment>;

/**
 * The provider's own API, the model of the group's name, and an id that says which of the group it is.
 * @throws TypeError for a deployment without `apiBase` whose provider has no API of its own
 */
export function completed(deployments: readonly DeploymentOptions[]): Deployment[] {
  const count = new Map<string, number>();
  return deployments.map((deployment) => {
    const { group } = deployment;
    const number = (count.get(group) ?? 0) + 1;
    count.set(group, number);
    const apiBase = deployment.apiBase ?? providerOf(deployment).apiBase;
    if (apiBase === undefined) {
      throw new TypeError(`a deployment of ${group} has no apiBase, and its provider has none of its own`);
    }
    return { id: `${group}-${String(number)}`, model: group, ...deployment, apiBase };
  });
}
