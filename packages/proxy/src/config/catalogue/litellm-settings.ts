import type { Catalogue } from "./catalogue.js";
import { routerSettings } from "./router-settings.js";

/** Of LiteLLM's callbacks, those that refuse requests. */
const refusingCallbacks = [
  "azure_content_safety",
  "banned_keywords",
  "blocked_user_check",
  "detect_prompt_injection",
  "dynamic_rate_limiter",
  "dynamic_rate_limiter_v3",
  "google_text_moderation",
  "hide_secrets",
  "lakera_prompt_injection",
  "llamaguard_moderations",
  "llmguard_moderations",
  "openai_moderations",
];

const ownSettings: Catalogue = {
  supported: [
    "request_timeout",
    "require_auth_for_metrics_endpoint",
    "drop_params",
    "cache_params",
    "max_budget",
    "budget_duration",
    "max_end_user_budget",
    "max_end_user_budget_id",
    "timezone",
    "budget_reset_time",
    "default_key_generate_params",
    "upperbound_key_generate_params",
  ],
  harmless: [
    "disable_add_transform_inline_image_block",
    "disable_copilot_system_to_assistant",
    "disable_hf_tokenizer_download",
    "disable_stop_sequence_limit",
    "enable_json_schema_validation",
    "enable_preview_features",
    "json_logs", // always so
    "mcp_aliases",
    "redact_user_api_key_info", // keys are never logged
    "suppress_debug_info",
    "telemetry",
    "turn_off_message_logging", // prompts and images are never logged
    "use_chat_completions_url_for_anthropic_messages",
  ],
  lacking: [
    "cache",
    "callbacks",
    "custom_prometheus_metadata_labels",
    "custom_prometheus_tags",
    "default_in_memory_ttl",
    "default_redis_ttl",
    "default_team_settings",
    "disable_end_user_cost_tracking",
    "disable_end_user_cost_tracking_prometheus_only",
    "enable_end_user_cost_tracking_prometheus_only",
    "enable_key_alias_format_validation",
    "expose_router_debug_in_errors",
    "failure_callback",
    "force_ipv4",
    "internal_user_budget_duration",
    "key_generation_settings",
    "langfuse_default_tags",
    "model_alias_map",
    "model_group_settings",
    "modify_params",
    "prometheus_initialize_budget_metrics",
    "prometheus_metrics_config",
    "public_model_groups",
    "s3_callback_params",
    "service_callbacks",
    "ssl_verify",
    "success_callback",
    "cost_discount_config",
    "cost_margin_config",
  ],
  restricting: {
    money: [
      "default_internal_user_params",
      "default_max_internal_user_budget",
      "default_team_params",
      "max_internal_user_budget",
      "max_user_budget",
      "model_max_budget",
      // Where calls go, and at whose expense: without these they would go to another account.
      "api_base",
      "api_key",
      "openai_key",
      "organization",
    ],
    rate: ["priority_reservation"],
    access: ["allowed_model_region", "banned_keywords_list", "blocked_user_list", "guardrails"],
  },
  inert: { callbacks: ["prometheus"], success_callback: ["prometheus"], failure_callback: ["prometheus"] },
  restrictingValues: { callbacks: refusingCallbacks },
};

/** `litellm_settings`, with the router's settings that may stand there. */
export const litellmSettings: Catalogue = {
  supported: [...ownSettings.supported, ...routerSettings.supported],
  harmless: [...ownSettings.harmless, ...routerSettings.harmless],
  lacking: [...ownSettings.lacking, ...routerSettings.lacking],
  restricting: {
    money: [...ownSettings.restricting.money, ...routerSettings.restricting.money],
    rate: [...ownSettings.restricting.rate, ...routerSettings.restricting.rate],
    access: [...ownSettings.restricting.access, ...routerSettings.restricting.access],
  },
  inert: { ...ownSettings.inert, ...routerSettings.inert },
  restrictingValues: { ...ownSettings.restrictingValues, ...routerSettings.restrictingValues },
};
