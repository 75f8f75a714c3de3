import type { Capabilities } from "../deployments/capabilities.js";
import type { Deployment } from "../deployments/deployment.js";

/** What differs from one kind of upstream to the next. Adding a provider is one file that implements this, and one line in `providers.ts`. */
export interface Provider {
  /** Its own API, for deployments that name no base URL; absent where every customer has an address of their own. */
  readonly apiBase?: string;
  /** What it cannot take, whatever the model can. */
  readonly capabilities?: Capabilities;
  /** Variables of the environment, by LiteLLM's names, that fill in what a config does not say. The first that is set counts. */
  readonly variables: Readonly<Partial<Record<ProviderSetting, readonly string[]>>>;
  /** The whole URL that an edit is posted to. */
  editUrl(deployment: Deployment): URL;
  /** Headers that identify us to the upstream, names in lower case. */
  headers(deployment: Deployment): Record<string, string>;
  /** The value of `model` in the body; undefined where the body must not have one. Asked for with every attempt. */
  modelInBody(deployment: Deployment): string | undefined;
}

export type ProviderSetting = "apiKey" | "apiBase" | "apiVersion";
