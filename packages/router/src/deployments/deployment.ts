import type { PriceLookup } from "@darkroom/cost-calculator";
import type { EntraCredential } from "../providers/entra/credential.js";
import type { ProviderName } from "../providers/providers.js";
import type { Capabilities } from "./capabilities.js";
import type { DeploymentLimits } from "./deployment-limits.js";
import type { DeploymentHealthSettings } from "../health/health-settings.js";

/** One upstream that a model group may use: a provider's model, reached with one credential. */
export interface Deployment {
  /** Unique over all groups; shown to clients in `x-litellm-model-id`. */
  readonly id: string;
  /** The model group it serves: the public name clients ask for. May end in `*` (a wildcard group). */
  readonly group: string;
  /** Of a wildcard group, while it serves a request: the name that was asked for. */
  readonly asked?: string;
  /** The model's name at the upstream. Where it ends in `*`, the part of the client's name that the group's `*` stands for is put there. */
  readonly model: string;
  /** The name under which prices are looked up, where it is not `model` (LiteLLM's `base_model`). */
  readonly baseModel?: string;
  /** What its edits cost; the published list prices where it is absent. */
  readonly prices?: PriceLookup;
  /** What kind of upstream it is; `openai` where it is absent, which is also every other server that speaks as OpenAI does. */
  readonly provider?: ProviderName;
  /** Up to and including the version segment: `https://api.openai.com/v1`. A server's address alone stands for its `/v1`. For Azure see `providers/azure.ts`. */
  readonly apiBase: string;
  /** Azure's `api-version`; `v1`, `preview` and `latest` choose its v1 form. */
  readonly apiVersion?: string;
  /** Sent as the provider wants keys to be sent. */
  readonly apiKey?: string;
  /** Microsoft Entra's, in place of a key. */
  readonly entra?: EntraCredential;
  readonly organization?: string;
  readonly project?: string;
  /** Sent with every attempt, on top of the provider's own. */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /**
   * The HTTP or HTTPS proxy that its calls go through, user and password in the URL; null: none. Absent: as `HTTPS_PROXY` and
   * its like say.
   */
  readonly outboundProxy?: string | null;
  /** How many calls of it may be under way at once, each on a connection of its own; absent: as many as its host's limit allows. */
  readonly maxConnections?: number;
  /**
   * Share of the group's traffic, relative to the other deployments' weights; 1 where only others of the group have
   * one. 0 = only when nothing else is left. Where nobody has one, the strategy decides.
   */
  readonly weight?: number;
  /** Requests a minute that its upstream takes: its share of a shuffle, where nobody in the group has a weight. */
  readonly rpm?: number;
  /** What it may be sent, together with all others of its quota; where these have other limits, the lowest hold. */
  readonly limits?: DeploymentLimits;
  /**
   * Deployments of one organisation at the upstream share its limits: those with the same name here. Absent: it shares them
   * with the deployments of the same key, server and model (see `quotas.ts`).
   */
  readonly quota?: string;
  /** Its level: those of a lower one are tried first. Without one it comes after all levels. */
  readonly order?: number;
  /** Where tags are filtered: the requests it serves; `default` for those without a match of their own. */
  readonly tags?: readonly string[];
  /** What it can take, where that is not what its model can. */
  readonly capabilities?: Capabilities;
  /** Fields that it supports, whatever is known of its model (`allowed_openai_params`). */
  readonly supportedFields?: readonly string[];
  /** Fields that its model does not support are left out, where the request says nothing of that; else it does not serve the edit. */
  readonly dropParams?: boolean;
  /** Deadline of one attempt; the request's own deadline holds besides. */
  readonly timeoutMs?: number;
  /** As `timeoutMs`, for streamed edits. */
  readonly streamTimeoutMs?: number;
  /** Further attempts of a request after one that failed here, where the request says nothing (`num_retries`). */
  readonly retries?: number;
  /** What holds here in place of the router's settings. */
  readonly health?: DeploymentHealthSettings;
  /** Its edits are drawn in the next size that the model draws, where the gateway scales them to the one asked for. */
  readonly sizeFit?: boolean;
}
