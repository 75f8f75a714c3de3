import type { PriceLookup } from "@darkroom/cost-calculator";
import type { Capabilities, Deployment, DeploymentHealthSettings } from "@darkroom/router";
import type { Environment } from "../file/environment.js";
import { millisecondsOf } from "../gateway-config.js";
import type { EntrySettings } from "../settings/schema.js";
import { limitsFrom } from "../settings/limits.js";
import { accessOf } from "./access.js";
import { baseModelOf } from "./deployment-prices.js";
import type { ServedModel } from "./provider.js";
import { apiBaseOf, fromEnvironment, unsetVariables, variablesOf } from "./provider-variables.js";

export type DeploymentResult =
  | { readonly deployment: Deployment; readonly keyOfOpenAi: boolean }
  | { readonly invalid: string };

/** One deployment from an entry whose variables are all set. */
export function deploymentFrom(
  entry: EntrySettings,
  id: string,
  { provider, model }: ServedModel,
  environment: Environment,
  prices: PriceLookup | undefined,
): DeploymentResult {
  const { model_name, litellm_params: params } = entry;
  const access = accessOf(params, provider, environment);
  if ("invalid" in access) return access;
  const apiBase = apiBaseOf(params.api_base ?? params.base_url, provider, environment);
  if (apiBase === undefined) {
    return { invalid: `there is no api_base, and ${unsetVariables(variablesOf(provider, "apiBase"))}` };
  }

  const { organization, project, extra_headers, outbound_proxy, max_connections, size_fit } = params;
  const { timeout, stream_timeout, num_retries, weight, tags } = params;
  const { drop_params, allowed_openai_params } = params;
  const { quota, ...written } = sharesOf(entry);
  const { rpm } = written;
  const limits = limitsFrom(written);
  const order = params.order ?? entry.model_info?.order;
  const capabilities = capabilitiesOf(entry);
  const baseModel = baseModelOf(entry);
  const apiVersion = apiVersionOf(params.api_version, provider, environment);
  const health = healthOf(entry);
  const deployment: Deployment = {
    id,
    group: model_name,
    ...(provider !== "openai" && { provider }),
    model,
    apiBase,
    ...("entra" in access ? { entra: access.entra } : { apiKey: access.apiKey }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(weight !== undefined && { weight }),
    ...(rpm !== undefined && { rpm }),
    ...(limits !== undefined && { limits }),
    ...(quota !== undefined && { quota }),
    ...(order !== undefined && { order }),
    ...(tags !== undefined && { tags }),
    ...(capabilities !== undefined && { capabilities }),
    ...(drop_params !== undefined && { dropParams: drop_params }),
    ...(allowed_openai_params !== undefined && { supportedFields: allowed_openai_params }),
    ...(baseModel !== undefined && { baseModel }),
    ...(prices !== undefined && { prices }),
    ...(organization !== undefined && { organization }),
    ...(project !== undefined && { project }),
    ...(extra_headers !== undefined && { extraHeaders: extra_headers }),
    ...(outbound_proxy !== undefined && { outboundProxy: outbound_proxy }),
    ...(max_connections !== undefined && { maxConnections: max_connections }),
    ...(size_fit !== undefined && { sizeFit: size_fit }),
    ...(timeout !== undefined && { timeoutMs: millisecondsOf(timeout) }),
    ...(stream_timeout !== undefined && { streamTimeoutMs: millisecondsOf(stream_timeout) }),
    ...(num_retries !== undefined && { retries: num_retries }),
    ...(health !== undefined && { health }),
  };
  const isKeyOfEnvironment = "apiKey" in access && access.isOfEnvironment;
  return { deployment, keyOfOpenAi: provider === "openai" && isKeyOfEnvironment };
}

/** Limits and quota of an entry, each from the first place that LiteLLM looks in. */
function sharesOf({ litellm_params: params, model_info: info, ...entry }: EntrySettings) {
  return {
    rpm: entry.rpm ?? params.rpm ?? info?.rpm,
    tpm: entry.tpm ?? params.tpm ?? info?.tpm,
    ipm: entry.ipm ?? params.ipm ?? info?.ipm,
    max_parallel_requests:
      entry.max_parallel_requests ?? params.max_parallel_requests ?? info?.max_parallel_requests,
    quota: entry.quota ?? params.quota ?? info?.quota,
  };
}

/** As in LiteLLM, where OpenAI's entries often have one too, which says nothing. */
function apiVersionOf(
  own: string | undefined,
  provider: ServedModel["provider"],
  environment: Environment,
): string | undefined {
  if (variablesOf(provider, "apiVersion").length === 0) return undefined;
  return own ?? fromEnvironment(provider, "apiVersion", environment);
}

/** What `model_info` says that it can take; undefined where it says nothing. */
function capabilitiesOf({ model_info: info = {} }: EntrySettings): Capabilities | undefined {
  const said = Object.entries({
    jsonBody: info.supports_json_body,
    stream: info.supports_streaming,
    mask: info.supports_mask,
    fileIds: info.supports_file_ids,
    inputImages: info.max_input_images,
  }).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
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
