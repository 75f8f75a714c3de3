import type { EntraCredential, ProviderName } from "@darkroom/router";
import type { Environment } from "../file/environment.js";
import type { EntrySettings } from "../settings/schema.js";
import { entraOf, entraOfEnvironment } from "./entra.js";
import { fromEnvironment, unsetVariables, variablesOf } from "./provider-variables.js";

/** What a deployment proves itself with, or why it has nothing. */
export type Access =
  | { readonly apiKey: string; readonly isOfEnvironment: boolean }
  | { readonly entra: EntraCredential }
  | { readonly invalid: string };

/**
 * The entry's own key, else its own Entra credential, else what the environment has for the provider: never another
 * account's where the entry names one.
 */
export function accessOf(
  params: EntrySettings["litellm_params"],
  provider: ProviderName,
  environment: Environment,
): Access {
  // A key that is written down but empty is a mistake; another key in its place could bill another account.
  if (params.api_key === "") return { invalid: "api_key is empty" };
  if (params.api_key !== undefined) return { apiKey: params.api_key, isOfEnvironment: false };
  const takesEntra = provider === "azure";
  const own = takesEntra ? entraOf(params, environment) : undefined;
  if (own !== undefined) return own;
  const { litellm_credential_name: credential } = params;
  if (credential !== undefined) return { invalid: `the credential "${credential}" has no api_key` };
  const apiKey = fromEnvironment(provider, "apiKey", environment);
  if (apiKey !== undefined) return { apiKey, isOfEnvironment: true };
  const entra = takesEntra ? entraOfEnvironment(environment) : undefined;
  if (entra !== undefined) return entra;
  const missing = takesEntra ? "there is no api_key and no token of Entra" : "there is no api_key";
  return { invalid: `${missing}, and ${unsetVariables(variablesOf(provider, "apiKey"))}` };
}
