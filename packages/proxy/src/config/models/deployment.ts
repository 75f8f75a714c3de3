import type { PriceLookup } from "@darkroom/cost-calculator";
import type { Deployment, DeploymentHealthSettings } from "@darkroom/router";
import type { Environment } from "../file/environment.js";
import { defaults, millisecondsOf } from "../gateway-config.js";
import type { EntrySettings } from "../settings/schema.js";
import { baseModelOf } from "./deployment-prices.js";
import type { ProviderModel } from "./provider.js";

export type DeploymentResult =
  | { readonly deployment: Deployment; readonly keyOfOpenAi: boolean }
  | { readonly invalid: string };

/** One deployment from an entry whose variables are all set. */
export function deploymentFrom(
  entry: EntrySettings,
  id: string,
  { model }: ProviderModel,
  environment: Environment,
  prices: PriceLookup | undefined,
): DeploymentResult {
  const { model_name, litellm_params: params } = entry;
  // A key that is written down but empty is a mistake; another key in its place could bill another account.
  if (params.api_key === "") return { invalid: "api_key is empty" };
  const { litellm_credential_name: credential } = params;
  if (params.api_key === undefined && credential !== undefined) {
    return { invalid: `the credential "${credential}" has no api_key` };
  }
  const apiKey = params.api_key ?? environment["OPENAI_API_KEY"];
  if (!apiKey)
    return { invalid: "there is no api_key, and the environment variable OPENAI_API_KEY is not set" };

  const { organization, project, extra_headers, timeout, stream_timeout, num_retries } = params;
  const baseModel = baseModelOf(entry);
  const health = healthOf(entry);
  const deployment: Deployment = {
    id,
    group: model_name,
    model,
    apiBase: apiBaseOf(params.api_base ?? params.base_url, environment),
    apiKey,
    weight: params.weight ?? defaults.weight,
    ...(baseModel !== undefined && { baseModel }),
    ...(prices !== undefined && { prices }),
    ...(organization !== undefined && { organization }),
    ...(project !== undefined && { project }),
    ...(extra_headers !== undefined && { extraHeaders: extra_headers }),
    ...(timeout !== undefined && { timeoutMs: millisecondsOf(timeout) }),
    ...(stream_timeout !== undefined && { streamTimeoutMs: millisecondsOf(stream_timeout) }),
    ...(num_retries !== undefined && { retries: num_retries }),
    ...(health !== undefined && { health }),
  };
  return { deployment, keyOfOpenAi: params.api_key === undefined };
}

/** What the entry says of failures and cooldowns of its own, if anything. */
function healthOf({ litellm_params, model_info }: EntrySettings): DeploymentHealthSettings | undefined {
  const { allowed_fails, allowed_fails_policy } = model_info ?? {};
  const cooldownTime = model_info?.cooldown_time ?? litellm_params.cooldown_time;
  const health = {
    ...(cooldownTime !== undefined && { cooldownMs: millisecondsOf(cooldownTime) }),
    ...(allowed_fails !== undefined && { allowedFails: allowed_fails }),
    ...(allowed_fails_policy !== undefined && { allowedFailsPolicy: allowed_fails_policy }),
  };
  return Object.keys(health).length > 0 ? health : undefined;
}

/** As in LiteLLM's image edits: the entry's own, else the environment's, else OpenAI's; without a slash at its end. */
export function apiBaseOf(own: string | undefined, environment: Environment): string {
  const base = own || environment["OPENAI_BASE_URL"] || environment["OPENAI_API_BASE"] || defaults.apiBase;
  return base.replace(/\/+$/, "");
}
