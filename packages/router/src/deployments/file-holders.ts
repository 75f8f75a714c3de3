import { capabilityOf } from "./capabilities.js";
import type { Deployment } from "./deployment.js";

/**
 * The deployments that can find a file by its id, for it belongs to one organisation of one upstream. Where some are
 * said to hold files, they are it. Else those of the home that all deployments of the asked group have in common: a
 * file of nobody knows which organisation is found by none. Keys without an organisation are taken to be of one.
 * @param asked the deployments of the group that the client named
 */
export class FileHolders {
  readonly #home: string | undefined;

  constructor(
    asked: readonly Deployment[],
    private readonly all: readonly Deployment[],
  ) {
    const homes = new Set(asked.filter(takesFileIds).map(homeOf));
    this.#home = homes.size === 1 ? [...homes][0] : undefined;
  }

  /** Whether it matters which deployment is asked for a file. */
  get areFew(): boolean {
    return !this.all.every((deployment) => this.includes(deployment));
  }

  includes(deployment: Deployment): boolean {
    if (this.all.some((other) => capabilityOf(other, "fileIds") === true)) {
      return capabilityOf(deployment, "fileIds") === true;
    }
    return takesFileIds(deployment) && homeOf(deployment) === this.#home;
  }
}

function takesFileIds(deployment: Deployment): boolean {
  return capabilityOf(deployment, "fileIds") !== false;
}

function homeOf({ apiBase, organization, project }: Deployment): string {
  return JSON.stringify([apiBase, organization, project]);
}
