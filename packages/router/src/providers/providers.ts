import type { Deployment } from "../deployments/deployment.js";
import { azure } from "./azure.js";
import { litellmProxy } from "./litellm-proxy.js";
import { openai } from "./openai.js";
import type { Provider } from "./provider.js";

/** Every kind of upstream, under the name that LiteLLM writes before the model's: `azure/my-deployment`. */
export const providers = {
  openai,
  azure,
  litellm_proxy: litellmProxy,
} satisfies Readonly<Record<string, Provider>>;

export type ProviderName = keyof typeof providers;

export function isProviderName(name: string): name is ProviderName {
  return Object.hasOwn(providers, name);
}

export function providerOf({ provider = "openai" }: Pick<Deployment, "provider">): Provider {
  return providers[provider];
}
