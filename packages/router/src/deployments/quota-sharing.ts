import { accountOf } from "./account.js";
import { bareModelOf } from "./known-model.js";
import type { Deployment } from "./deployment.js";
import type { Quota, Quotas } from "./quotas.js";

/** Two quotas turned out to be of one organisation, which limits both together: they should be declared as one. */
export interface SharedOrganisationEvent {
  /** As the upstream names it. */
  readonly organization: string;
  readonly model: string;
  /** Names of the two quotas; the second one is new. */
  readonly quotas: readonly [string, string];
}

/**
 * Which deployments belong to one organisation at their upstream, as far as the configuration shows it and the upstream's
 * answers do: OpenAI names the organisation in `openai-organization`. It limits organisations, whatever the number of
 * their keys, and each model apart.
 */
export class QuotaSharing {
  /** By the deployment's id, what its upstream said last. */
  readonly #organizations = new Map<string, string>();
  readonly #accounts: ReadonlyMap<string, string>;
  readonly #told = new Set<string>();

  constructor(
    private readonly deployments: readonly Deployment[],
    private readonly quotas: Quotas,
    private readonly onShared: (event: SharedOrganisationEvent) => void,
  ) {
    this.#accounts = new Map(
      deployments.map((deployment) => [
        deployment.id,
        JSON.stringify([...accountOf(deployment), deployment.apiBase]),
      ]),
    );
  }

  /** To be told of every answer's `openai-organization`. */
  noteOrganization({ id }: Pick<Deployment, "id">, organization: string | undefined): void {
    if (organization === undefined || this.#organizations.get(id) === organization) return;
    const deployment = this.deployments.find((it) => it.id === id);
    if (deployment === undefined) return;
    this.#organizations.set(id, organization);
    this.#tellOfSharing(deployment, organization);
  }

  /** All deployments that the organisation's lack of money stops too, itself among them. */
  sharesOrganisation(deployment: Pick<Deployment, "id">): readonly Deployment[] {
    const { id } = deployment;
    const quota = this.quotas.quotaOf(deployment);
    const organization = this.#organizations.get(id);
    return this.deployments.filter(
      (other) =>
        this.quotas.quotaOf(other) === quota ||
        this.#accounts.get(other.id) === this.#accounts.get(id) ||
        (organization !== undefined && this.#organizations.get(other.id) === organization),
    );
  }

  /** Those of them that a rate limit which the organisation has reached stops too: of the same quota, or of the same model. */
  sharesLimits(deployment: Deployment): readonly Deployment[] {
    const quota = this.quotas.quotaOf(deployment);
    const model = bareModelOf(deployment);
    return this.sharesOrganisation(deployment).filter(
      (other) => this.quotas.quotaOf(other) === quota || bareModelOf(other) === model,
    );
  }

  /** Of a wildcard nobody knows which model was limited, so it is passed over. */
  #tellOfSharing(deployment: Deployment, organization: string): void {
    const model = bareModelOf(deployment);
    if (model.endsWith("*")) return;
    const quota = this.quotas.quotaOf(deployment);
    const other = this.deployments.find(
      (it) =>
        this.#organizations.get(it.id) === organization &&
        this.quotas.quotaOf(it) !== quota &&
        bareModelOf(it) === model,
    );
    if (other !== undefined) this.#tellOnce(quota, this.quotas.quotaOf(other), organization, model);
  }

  #tellOnce(quota: Quota, other: Quota, organization: string, model: string): void {
    const pair = [quota.name, other.name].sort().join("\n");
    if (this.#told.has(pair)) return;
    this.#told.add(pair);
    this.onShared({ organization, model, quotas: [other.name, quota.name] });
  }
}
