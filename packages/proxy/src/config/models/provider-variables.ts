import { type ProviderName, type ProviderSetting, providers } from "@darkroom/router";
import type { Environment } from "../file/environment.js";

/** The variables of the environment from which a provider's setting is filled in. */
export function variablesOf(provider: ProviderName, setting: ProviderSetting): readonly string[] {
  return providers[provider].variables[setting] ?? [];
}

/** What the environment says of a setting: the first of its variables that is not empty. */
export function fromEnvironment(
  provider: ProviderName,
  setting: ProviderSetting,
  environment: Environment,
): string | undefined {
  return variablesOf(provider, setting)
    .map((name) => environment[name])
    .find((value) => value !== undefined && value !== "");
}

/** As in LiteLLM: the entry's own, else the environment's, else the provider's, if it has one; without a slash at its end. */
export function apiBaseOf(
  own: string | undefined,
  provider: ProviderName,
  environment: Environment,
): string | undefined {
  const base = own ?? fromEnvironment(provider, "apiBase", environment) ?? providers[provider].apiBase;
  return base?.replace(/\/+$/, "");
}

/** `the environment variable A is not set`, for one name or several. */
export function unsetVariables(names: readonly string[]): string {
  return names.length === 1
    ? `the environment variable ${names.join()} is not set`
    : `none of the environment variables ${names.join(", ")} is set`;
}
