import type { Catalogue } from "./catalogue.js";
import { budgetSettings, limitSettings } from "./limit-settings.js";
import { capabilitySettings } from "./capability-settings.js";
import { priceSettings } from "./price-settings.js";

/** Limits of LiteLLM's that OpenAI's image models do not have: input and output tokens apart. */
const otherLimits = ["itpm", "otpm"];

/** One entry of `model_list`. LiteLLM takes limits beside `litellm_params` too. */
export const modelEntry: Catalogue = {
  supported: ["model_name", "litellm_params", "model_info", "quota", ...limitSettings, ...budgetSettings],
  harmless: [],
  lacking: [],
  restricting: {
    money: [],
    rate: otherLimits,
    access: [],
  },
};

/** `litellm_params` of an entry. LiteLLM passes names it does not know to the upstream call; here they are refused. */
export const litellmParams: Catalogue = {
  supported: [
    "model",
    "api_key",
    "api_base",
    "base_url",
    "api_version",
    "azure_ad_token",
    "tenant_id",
    "client_id",
    "client_secret",
    "azure_scope",
    "organization",
    "project",
    "extra_headers",
    "weight",
    "order",
    "tags",
    "timeout",
    "stream_timeout",
    "litellm_credential_name",
    "custom_llm_provider",
    "base_model",
    "num_retries",
    "cooldown_time",
    "drop_params",
    "allowed_openai_params",
    // Darkroom's own.
    "outbound_proxy",
    "max_connections",
    "size_fit",
    "quota",
    ...limitSettings,
    ...budgetSettings,
    ...priceSettings,
  ],
  harmless: [
    "max_retries", // LiteLLM's router sets it to 0: only the router retries
    "stream",
    "use_in_pass_through",
    "merge_reasoning_content_in_choices",
  ],
  lacking: [
    "region_name",
    "additional_drop_params",
    "model_info",
    "default_api_key_tpm_limit",
    "default_api_key_rpm_limit",
    // Sent along with every call.
    "background",
    "extra_body",
    "extra_query",
    "input_fidelity",
    "max_tokens",
    "metadata",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "response_format",
    "size",
    "temperature",
    "user",
    // Calls that Darkroom would make differently.
    "ssl_verify",
    "client_certificate",
    "azure_username",
    "azure_password",
  ],
  restricting: {
    money: ["mock_response"], // without the mock, calls cost money
    rate: otherLimits,
    access: ["allowed_model_region", "guardrails"],
  },
};

/** `model_info` of an entry. Any further key is the operator's own note, as in LiteLLM. */
export const modelInfo: Catalogue = {
  supported: [
    "id",
    "base_model",
    "mode",
    "access_groups",
    "order",
    "allowed_fails",
    "allowed_fails_policy",
    "cooldown_time",
    "quota", // Darkroom's own
    ...limitSettings,
    ...budgetSettings,
    ...capabilitySettings,
    ...priceSettings,
  ],
  harmless: [
    "description",
    "health_check_model",
    "health_check_timeout",
    "disable_background_health_check",
    "max_tokens",
    "max_input_tokens",
    "max_output_tokens",
    "supported_endpoints",
    "supports_vision",
    "version",
    "db_model",
  ],
  lacking: [],
  restricting: {
    money: [],
    rate: otherLimits,
    access: ["team_id"],
  },
};
