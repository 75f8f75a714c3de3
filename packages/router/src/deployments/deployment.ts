import type { PriceLookup } from "@darkroom/cost-calculator";
import type { DeploymentHealthSettings } from "../health/health-settings.js";

/** One upstream that a model group may use: a provider's model, reached with one key. */
export interface Deployment {
  /** Unique over all groups; shown to clients in `x-litellm-model-id`. */
  readonly id: string;
  /** The model group it serves: the public name clients ask for. May end in `*` (a wildcard group). */
  readonly group: string;
  /** The model's name at the upstream. Where it ends in `*`, the part of the client's name that the group's `*` stands for is put there. */
  readonly model: string;
  /** The name under which prices are looked up, where it is not `model` (LiteLLM's `base_model`). */
  readonly baseModel?: string;
  /** What its edits cost; the published list prices where it is absent. */
  readonly prices?: PriceLookup;
  /** Up to and including the version segment: `https://api.openai.com/v1`. */
  readonly apiBase: string;
  readonly apiKey: string;
  readonly organization?: string;
  readonly project?: string;
  /** Sent with every attempt, on top of the provider's own. */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Share of the group's traffic, relative to the other deployments' weights. 0 = only when nothing else is left. */
  readonly weight: number;
  /** Deadline of one attempt; the request's own deadline holds besides. */
  readonly timeoutMs?: number;
  /** As `timeoutMs`, for streamed edits. */
  readonly streamTimeoutMs?: number;
  /** Further attempts of a request after one that failed here, where the request says nothing (`num_retries`). */
  readonly retries?: number;
  /** What holds here in place of the router's settings. */
  readonly health?: DeploymentHealthSettings;
}
