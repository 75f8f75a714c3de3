import type { PriceLookup } from "@darkroom/cost-calculator";
import type { Capabilities } from "./capabilities.js";

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
  /**
   * Share of the group's traffic, relative to the other deployments' weights; 1 where only others of the group have
   * one. 0 = only when nothing else is left. Where nobody has one, the strategy decides.
   */
  readonly weight?: number;
  /** Requests a minute that its upstream takes: its share of a shuffle, where nobody in the group has a weight. */
  readonly rpm?: number;
  /** Its level: those of a lower one are tried first. Without one it comes after all levels. */
  readonly order?: number;
  /** Where tags are filtered: the requests it serves; `default` for those without a match of their own. */
  readonly tags?: readonly string[];
  /** What it can take, where that is not what its model can. */
  readonly capabilities?: Capabilities;
  /** Deadline of one attempt; the request's own deadline holds besides. */
  readonly timeoutMs?: number;
  /** As `timeoutMs`, for streamed edits. */
  readonly streamTimeoutMs?: number;
}
