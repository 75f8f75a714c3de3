import { MissingModelError, UnknownModelError, UnusableGroupError } from "../errors.js";
import { haveWeights } from "../strategies/shares.js";
import { upstreamModel } from "./upstream-model.js";
import type { Deployment } from "./deployment.js";

/** A model group as found for one request. */
export interface Group {
  readonly name: string;
  /** By what name it was found: its own, one that its wildcard matches, or the id of a deployment; never an alias. */
  readonly asked: string;
  readonly deployments: readonly Deployment[];
  /** True where the client named one deployment by its id: that one it wants, and no other. */
  readonly isOneDeployment?: boolean;
}

/** Another name for a model (LiteLLM's `model_group_alias`). */
export interface Alias {
  /** A group, a name that a wildcard group matches, or a deployment's id; never another alias. */
  readonly model: string;
  /** Served, but named to nobody. */
  readonly hidden: boolean;
}

/** The model groups, by the name that clients ask for. */
export class Groups {
  readonly #groups = new Map<string, readonly Deployment[]>();
  readonly #deployments = new Map<string, Deployment>();

  constructor(
    deployments: readonly Deployment[],
    private readonly unusable: ReadonlyMap<string, string> = new Map(),
    private readonly aliases: ReadonlyMap<string, Alias> = new Map(),
  ) {
    for (const [name, members] of byGroup(deployments)) {
      const weighted = haveWeights(members) ? members.map((member) => ({ weight: 1, ...member })) : members;
      this.#groups.set(name, weighted);
      // What a wildcard sends upstream is the client's own word for a model, and an id is none.
      for (const member of weighted)
        if (!member.model.endsWith("*")) this.#deployments.set(member.id, member);
    }
  }

  /** Every configured group, usable or not. */
  get names(): string[] {
    return [...new Set([...this.#groups.keys(), ...this.unusable.keys()])];
  }

  /** What clients may be told that they can ask for: groups and aliases, but for hidden ones. */
  get listed(): string[] {
    const shown = [...this.aliases].filter(([, { hidden }]) => !hidden).map(([alias]) => alias);
    return [...new Set([...this.names, ...shown])];
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
    if (names.includes("dall-e-2") || this.aliases.has("dall-e-2")) return "dall-e-2";
    if (only === undefined || names.length > 1) throw new MissingModelError(this.listed);
    return only;
  }

  /** The name behind an alias; any other name is its own. */
  resolved(model: string): string {
    return this.aliases.get(model)?.model ?? model;
  }

  /**
   * The name of the group that serves a model: the group of that name, else that of the deployment with that id, else
   * the wildcard group with the longest text before its `*` that matches.
   */
  nameFor(model: string): string | undefined {
    const name = this.resolved(model);
    if (this.names.includes(name)) return name;
    return this.#deployments.get(name)?.group ?? this.#wildcardFor(name);
  }

  /** What a model is called besides: what an alias stands for, and the group that serves it. */
  namesOf(model: string): string[] {
    const group = this.nameFor(model);
    return [this.resolved(model), ...(group === undefined ? [] : [group])];
  }

  /** The name under which limits of a model are counted: that of its group, of a wildcard group its own. */
  limitedNameOf(model: string): string {
    const group = this.nameFor(model);
    return group === undefined || group.endsWith("*") ? this.resolved(model) : group;
  }

  /**
   * The group that serves a model.
   * @param field of the request that names it
   * @throws UnknownModelError, UnusableGroupError
   */
  find(model: string, field: "model" | "fallbacks" = "model"): Group {
    const name = this.nameFor(model);
    if (name === undefined) throw new UnknownModelError(model, this.listed, field);
    const asked = this.resolved(model);
    const one = name === asked ? undefined : this.#deployments.get(asked);
    if (one !== undefined) return { name, asked, deployments: [one], isOneDeployment: true };
    const deployments = this.#groups.get(name);
    if (deployments === undefined) throw new UnusableGroupError(name, this.unusable.get(name) ?? "");
    return { name, asked, deployments: deployments.map((deployment) => concrete(deployment, asked)) };
  }

  /** All deployments of a deployment's group, whatever a request left of it. */
  membersOf({ group }: Deployment): readonly Deployment[] {
    return this.#groups.get(group) ?? [];
  }

  #wildcardFor(model: string): string | undefined {
    return this.names
      .filter((name) => name.endsWith("*") && model.startsWith(name.slice(0, -1)))
      .sort((one, other) => other.length - one.length)[0];
  }
}

function byGroup(deployments: readonly Deployment[]): Map<string, Deployment[]> {
  const groups = new Map<string, Deployment[]>();
  for (const deployment of deployments) {
    const group = groups.get(deployment.group);
    if (group === undefined) groups.set(deployment.group, [deployment]);
    else group.push(deployment);
  }
  return groups;
}

/** What a deployment serves, by the name under which its spend and its limits are counted: its group, of a wildcard each model. */
export function servedModel({ group, asked }: Pick<Deployment, "group" | "asked">): string {
  return asked ?? group;
}

/** A wildcard deployment as it serves this model: from here on its model is the name to send upstream. */
function concrete(deployment: Deployment, asked: string): Deployment {
  if (!deployment.group.endsWith("*")) return deployment;
  const { model } = deployment;
  return { ...deployment, asked, model: model.endsWith("*") ? upstreamModel(deployment, asked) : model };
}
