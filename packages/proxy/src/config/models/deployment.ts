import type { PriceLookup } from "@darkroom/cost-calculator";
import type { Capabilities, Deployment } from "@darkroom/router";
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

  const { organization, project, extra_headers, timeout, stream_timeout, weight, tags } = params;
  const rpm = entry.rpm ?? params.rpm ?? entry.model_info?.rpm;
  const order = params.order ?? entry.model_info?.order;
  const capabilities = capabilitiesOf(entry);
  const baseModel = baseModelOf(entry);
  const deployment: Deployment = {
    id,
    group: model_name,
    model,
    apiBase: apiBaseOf(params.api_base ?? params.base_url, environment),
    apiKey,
    ...(weight !== undefined && { weight }),
    ...(rpm !== undefined && { rpm }),
    ...(order !== undefined && { order }),
    ...(tags !== undefined && { tags }),
    ...(capabilities !== undefined && { capabilities }),
    ...(baseModel !== undefined && { baseModel }),
    ...(prices !== undefined && { prices }),
    ...(organization !== undefined && { organization }),
    ...(project !== undefined && { project }),
    ...(extra_headers !== undefined && { extraHeaders: extra_headers }),
    ...(timeout !== undefined && { timeoutMs: millisecondsOf(timeout) }),
    ...(stream_timeout !== undefined && { streamTimeoutMs: millisecondsOf(stream_timeout) }),
  };
  return { deployment, keyOfOpenAi: params.api_key === undefined };
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

/** As in LiteLLM's image edits: the entry's own, else the environment's, else OpenAI's; without a slash at its end. */
export function apiBaseOf(own: string | undefined, environment: Environment): string {
  const base = own || environment["OPENAI_BASE_URL"] || environment["OPENAI_API_BASE"] || defaults.apiBase;
  return base.replace(/\/+$/, "");
}
