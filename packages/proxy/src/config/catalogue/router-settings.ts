import type { Catalogue } from "./catalogue.js";

/** `router_settings`. LiteLLM takes these in `litellm_settings` too; `router_settings` count more. */
export const routerSettings: Catalogue = {
  supported: [
    "num_retries",
    "timeout",
    "stream_timeout",
    "fallbacks",
    "default_fallbacks",
    "content_policy_fallbacks",
    "max_fallbacks",
    "model_group_alias",
    "enable_tag_filtering",
    "tag_filtering_match_any",
    "routing_strategy",
    "routing_strategy_args",
    "retry_policy",
    "model_group_retry_policy",
    "retry_after",
    "retry_budget_percent",
    "retry_budget_per_minute",
    "allowed_fails",
    "allowed_fails_policy",
    "cooldown_time",
    "disable_cooldowns",
    "default_max_parallel_requests",
    "default_priority",
    "provider_budget_config",
    // Darkroom's own.
    "rate_limits",
    "limit_guard_ms",
    "queue_timeout",
    "max_queue",
  ],
  harmless: [
    "assistants_config",
    "caching_groups",
    "client_ttl",
    "context_window_fallbacks", // image models have no context window to exceed
    "debug_level",
    "enable_pre_call_check", // LiteLLM asked for it before it looked at `order`, which always counts here
    "enable_pre_call_checks",
    "ignore_invalid_deployments", // always so
    "router_general_settings",
    "search_tools",
    "set_verbose",
  ],
  lacking: [
    "alerting_config",
    "cache_kwargs",
    "cache_responses",
    "default_litellm_params",
    "deployment_affinity_ttl_seconds",
    "optional_pre_call_checks",
    "polling_interval",
    "redis_db",
    "redis_host",
    "redis_password",
    "redis_port",
    "redis_url",
  ],
  restricting: {
    money: [],
    rate: [],
    access: ["guardrail_list"],
  },
  inert: { optional_pre_call_checks: ["enforce_model_rate_limits", "router_budget_limiting"] }, // always so
};
