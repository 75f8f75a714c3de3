import { MissingModelError, UnknownModelError, UnusableGroupError } from "../errors.js";
import { upstreamModel } from "./upstream-model.js";
import type { Deployment } from "./deployment.js";

/** A model group as found for one request. */
export interface Group {
  readonly name: string;
  readonly deployments: readonly Deployment[];
}

/** The model groups, by the name that clients ask for. */
export class Groups {
  readonly #groups = new Map<string, Deployment[]>();

  constructor(
    deployments: readonly Deployment[],
    private readonly unusable: ReadonlyMap<string, string> = new Map(),
  ) {
    for (const deployment of deployments) {
      const group = this.#groups.get(deployment.group);
      if (group === undefined) this.#groups.set(deployment.group, [deployment]);
      else group.push(deployment);
    }
  }

  /** Every configured group, usable or not. */
  get names(): string[] {
    return [...new Set([...this.#groups.keys(), ...this.unusable.keys()])];
  }

  isUnusable(name: string): boolean {
    return this.unusable.has(name);
  }

  /**
   * The group of requests that name no model: `dall-e-2`, the default that OpenAI's clients knew, else the only group.
   * @throws MissingModelError
   */
  get default(): string {
    const names = this.names.filter((name) => !name.endsWith("*"));
    const [only] = names;
    if (names.includes("dall-e-2")) return "dall-e-2";
    if (only === undefined || names.length > 1) throw new MissingModelError(this.names);
    return only;
  }

  /** The group of that name, else the wildcard group with the longest text before its `*` that matches. */
  nameFor(model: string): string | undefined {
    return this.names.includes(model) ? model : this.#wildcardFor(model);
  }

  /**
   * The group that serves a model.
   * @throws UnknownModelError, UnusableGroupError
   */
  find(model: string): Group {
    const name = this.nameFor(model);
    if (name === undefined) throw new UnknownModelError(model, this.names);
    const deployments = this.#groups.get(name);
    if (deployments === undefined) throw new UnusableGroupError(name, this.unusable.get(name) ?? "");
    return { name, deployments: deployments.map((deployment) => concrete(deployment, model)) };
  }

  #wildcardFor(model: string): string | undefined {
    return this.names
      .filter((name) => name.endsWith("*") && model.startsWith(name.slice(0, -1)))
      .sort((one, other) => other.length - one.length)[0];
  }
}

/** A wildcard deployment as it serves this model: from here on its model is the name to send upstream. */
function concrete(deployment: Deployment, model: string): Deployment {
  return deployment.model.endsWith("*")
    ? { ...deployment, model: upstreamModel(deployment, model) }
    : deployment;
}
