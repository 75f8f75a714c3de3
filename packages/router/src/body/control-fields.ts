/**
 * The fields of a request that speak to the gateway: LiteLLM's, which clients already send, our own
 * `size_fit`, and none of OpenAI's.
 * They never reach an upstream, which would refuse them as unknown, or obey `api_base` with our key.
 * `user` is not one of them: it is OpenAI's own.
 */
const controlFields: ReadonlySet<string> = new Set([
  // Retries, fallbacks and routing.
  "fallbacks",
  "default_fallbacks",
  "context_window_fallbacks",
  "context_window_fallback_dict",
  "content_policy_fallbacks",
  "disable_fallbacks",
  "max_fallbacks",
  "num_retries",
  "max_retries",
  "retry_policy",
  "retry_strategy",
  "timeout",
  "stream_timeout",
  "request_timeout",
  "force_timeout",
  "cooldown_time",
  "specific_deployment",
  "allowed_model_region",
  "priority",
  // Who pays, and what is written down.
  "tags",
  "metadata",
  "no-log",
  "guardrails",
  "guardrail_config",
  "disable_global_guardrails",
  // Another upstream or another key than the configured ones.
  "api_key",
  "api_base",
  "api_type",
  "api_version",
  "base_url",
  "custom_llm_provider",
  "extra_headers",
  "user_config",
  // How the request is changed on its way.
  "size_fit",
  "drop_params",
  "additional_drop_params",
  "allowed_openai_params",
  "model_info",
  "proxy_server_request",
  "secret_fields",
  // Caching of answers.
  "cache",
  "caching",
  "ttl",
]);

const controlPrefixes = ["litellm_", "mock_"] as const;

/** `metadata[tags][]` → `metadata`: the name of the value that a bracketed field is a piece of. */
function baseName(field: string): string {
  const bracket = field.indexOf("[");
  return bracket > 0 ? field.slice(0, bracket) : field;
}

/** Whether a field, or the value that a bracketed field belongs to, is the gateway's own. */
export function isControlField(field: string): boolean {
  const name = baseName(field);
  return controlFields.has(name) || controlPrefixes.some((prefix) => name.startsWith(prefix));
}
