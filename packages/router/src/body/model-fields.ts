import type { Deployment } from "../deployments/deployment.js";
import { isUnsupported, isUnsupportedSomewhere } from "../deployments/unsupported-fields.js";
import type { ValueOf } from "./edit-parameters.js";
import type { RequestControls } from "./request-controls.js";

const none: readonly string[] = [];

/** Those fields of one request that not every model supports: each deployment takes them, does without, or cannot serve it. */
export class ModelFields {
  readonly #values = new Map<string, unknown>();
  readonly #areDropped: boolean | undefined;

  /** @param names of all fields that the client sent */
  constructor(names: readonly string[], valueOf: ValueOf, { dropParams }: RequestControls) {
    this.#areDropped = dropParams;
    for (const name of names) {
      const value = isUnsupportedSomewhere(name) ? valueOf(name) : null;
      // With a null nothing is asked for.
      if (value !== null) this.#values.set(name, value);
    }
  }

  /** Names of the fields that are left out for `deployment`. */
  droppedFor(deployment: Deployment): readonly string[] {
    return this.#isDropping(deployment) ? this.#namesUnsupportedBy(deployment) : none;
  }

  /** Names of the fields for which `deployment` cannot serve the request. */
  unsupportedBy(deployment: Deployment): readonly string[] {
    return this.#isDropping(deployment) ? none : this.#namesUnsupportedBy(deployment);
  }

  #isDropping(deployment: Deployment): boolean {
    return this.#areDropped ?? deployment.dropParams ?? false;
  }

  #namesUnsupportedBy(deployment: Deployment): readonly string[] {
    let unsupported: string[] | undefined;
    for (const [name, value] of this.#values) {
      if (isUnsupported(deployment, name, value)) (unsupported ??= []).push(name);
    }
    return unsupported ?? none;
  }
}
