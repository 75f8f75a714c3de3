import { z } from "zod";
import type { BudgetSetting, LimitSetting } from "../catalogue/limit-settings.js";
import { type PriceSetting, priceSettings } from "../catalogue/price-settings.js";
import {
  budgetDuration,
  dollars,
  durationFrom,
  expectedQuotaName,
  headers,
  limit,
  numberAbove,
  numberFrom,
  onOrOff,
  optional,
  price,
  quotaName,
  routingStrategy,
  text,
  wholeNumberFrom,
} from "./expected.js";
import { boundFields, defaultFields } from "./new-key-fields.js";
import { cacheParams, keyPrefix, onRedisFailure } from "./redis-shapes.js";
import { allowedFailsPolicy, groupRetryPolicies, retryPolicy } from "./policies.js";

const seconds = numberAbove(0);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const groups = z.array(text, { error: "expected a list of model groups" });

const fallbacks = z.array(
  z.union([text, z.record(z.string(), groups)], {
    error: "expected a map of a model group to a list of model groups",
  }),
  { error: "expected a list of maps, each of a model group to a list of model groups" },
);

const aliases = z.record(
  z.string(),
  z.union([text, z.object({ model: text, hidden: optional(onOrOff) })], {
    error: "expected a model group, or a map with model and hidden",
  }),
  { error: "expected a map of aliases, each to a model group" },
);

const strategyArguments = z.strictObject(
  {
    ttl: optional(seconds),
    lowest_latency_buffer: optional(numberFrom(0)),
    max_latency_list_size: optional(z.unknown()), // LiteLLM keeps a list of latencies, Darkroom a moving average
  },
  { error: "expected a map with ttl and lowest_latency_buffer" },
);

const isWebAddress = (value: string) => /^https?:\/\//i.test(value) && URL.canParse(value);

const webAddress = text.refine(isWebAddress, {
  error: "expected an address that begins with http:// or https://",
});

/** LiteLLM has two names for both. */
const providerBudget = z
  .strictObject(
    {
      budget_limit: optional(dollars),
      max_budget: optional(dollars),
      time_period: optional(budgetDuration),
      budget_duration: optional(budgetDuration),
    },
    { error: "expected a map with budget_limit and time_period, and nothing else" },
  )
  .refine(({ budget_limit, max_budget }) => (budget_limit ?? max_budget) !== undefined, {
    error: "expected a budget_limit",
  });

const providerBudgets = z.record(z.string(), providerBudget, {
  error: "expected a map of providers, each to its budget_limit and time_period",
});

const routerSettings = {
  model_group_alias: optional(aliases),
  enable_tag_filtering: optional(onOrOff),
  tag_filtering_match_any: optional(onOrOff),
  routing_strategy: optional(routingStrategy),
  routing_strategy_args: optional(strategyArguments),
  num_retries: optional(wholeNumberFrom(0)),
  timeout: optional(seconds),
  stream_timeout: optional(seconds),
  fallbacks: optional(fallbacks),
  content_policy_fallbacks: optional(fallbacks),
  default_fallbacks: optional(groups),
  max_fallbacks: optional(wholeNumberFrom(0)),
  retry_policy: optional(retryPolicy),
  model_group_retry_policy: optional(groupRetryPolicies),
  retry_after: optional(numberFrom(0)),
  retry_budget_percent: optional(numberFrom(0)),
  retry_budget_per_minute: optional(numberFrom(0)),
  allowed_fails: optional(wholeNumberFrom(0)),
  allowed_fails_policy: optional(allowedFailsPolicy),
  cooldown_time: optional(numberFrom(0)),
  disable_cooldowns: optional(onOrOff),
  rate_limits: optional(z.enum(["enforce", "hint"], { error: "expected enforce or hint" })),
  optional_pre_call_checks: optional(z.array(text, { error: "expected a list of checks" })),
  default_max_parallel_requests: optional(limit),
  limit_guard_ms: optional(wholeNumberFrom(0)),
  queue_timeout: optional(numberFrom(0)),
  max_queue: optional(wholeNumberFrom(0)),
  default_priority: optional(wholeNumberFrom(0)),
  provider_budget_config: optional(providerBudgets),
  redis_url: optional(text),
  redis_host: optional(text),
  redis_port: optional(wholeNumberFrom(1)),
  redis_username: optional(text),
  redis_password: optional(z.union([text, z.number().transform(String)], { error: "expected a string" })),
  redis_db: optional(wholeNumberFrom(0)),
  redis_ssl: optional(onOrOff),
  redis_ssl_ca_certs: optional(text),
  redis_ssl_certfile: optional(text),
  redis_ssl_keyfile: optional(text),
  redis_key_prefix: optional(keyPrefix),
  redis_on_failure: optional(onRedisFailure),
};

/** Of a deployment or of a quota. */
const limits = {
  rpm: optional(limit),
  tpm: optional(limit),
  ipm: optional(limit),
  max_parallel_requests: optional(limit),
} satisfies Record<LimitSetting, unknown>;

/** Of a deployment, or of the whole proxy. */
const budget = {
  max_budget: optional(dollars),
  budget_duration: optional(budgetDuration),
} satisfies Record<BudgetSetting, unknown>;

const refusedBudget = "expected 429, 400 or 422";

/** What clients are told of a spent budget: LiteLLM has had all three. */
const budgetStatus = z
  .union([z.number(), z.string().transform(Number)], { error: refusedBudget })
  .pipe(z.literal([429, 400, 422], { error: refusedBudget }));

/** Of a deployment; LiteLLM takes a cooldown's time in `litellm_params` too. */
const deploymentHealth = {
  allowed_fails: optional(wholeNumberFrom(0)),
  allowed_fails_policy: optional(allowedFailsPolicy),
  cooldown_time: optional(numberFrom(0)),
};

const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => value ?? {}, z.object(shape, { error: "expected a map of settings" }));

/** Microsoft Entra, in place of a key for Azure. */
const entra = {
  azure_ad_token: optional(text),
  tenant_id: optional(text),
  client_id: optional(text),
  client_secret: optional(text),
  azure_scope: optional(text),
};

const timeZone = text.refine(isTimeZone, {
  error: "expected a time zone of the IANA database, such as Asia/Tokyo",
});

const timeOfDay = text.refine((value) => /^([01]?\d|2[0-3]):[0-5]\d$/.test(value), {
  error: "expected a time of day such as 06:30",
});

const userHeader = z.object(
  { header_name: text, litellm_user_role: optional(text) },
  { error: "expected a map with header_name and litellm_user_role" },
);

/** LiteLLM takes one, or a list of them. */
const userHeaders = z.union([z.array(userHeader), userHeader.transform((one) => [one])], {
  error: "expected a list of maps with header_name and litellm_user_role",
});

/** The settings of a file that Darkroom acts on. What else may stand there is the catalogue's business. */
export const fileSchemas = {
  router_settings: section(routerSettings),
  litellm_settings: section({
    ...routerSettings,
    request_timeout: optional(seconds),
    require_auth_for_metrics_endpoint: optional(onOrOff),
    drop_params: optional(onOrOff),
    ...budget,
    max_end_user_budget: optional(dollars),
    max_end_user_budget_id: optional(text),
    timezone: optional(timeZone),
    budget_reset_time: optional(timeOfDay),
    default_key_generate_params: optional(defaultFields),
    upperbound_key_generate_params: optional(boundFields),
    cache_params: optional(cacheParams),
  }),
  general_settings: section({
    master_key: optional(text),
    litellm_key_header_name: optional(text),
    forward_client_headers_to_llm_api: optional(onOrOff),
    image_generation_model: optional(text),
    completion_model: optional(text),
    default_model: optional(text),
    price_map: optional(text),
    unpriced: optional(z.enum(["refuse", "allow"], { error: "expected refuse or allow" })),
    server_errors: optional(z.enum(["uncertain", "unbilled"], { error: "expected uncertain or unbilled" })),
    store_prompts_in_spend_logs: optional(onOrOff),
    // What is asked for again with an idempotency key is found among rows: these must be there for a while.
    maximum_spend_logs_retention_period: optional(durationFrom(3_600_000, "1h")),
    maximum_spend_logs_retention_interval: optional(durationFrom(60_000, "1m")),
    team_metrics: optional(wholeNumberFrom(0)),
    user_header_name: optional(text),
    user_header_mappings: optional(userHeaders),
    database_url: optional(text),
    database_schema: optional(text),
    directory_grace: optional(numberFrom(0)),
    adopt_gateways: optional(onOrOff),
    silent_gateway_after: optional(durationFrom(1_000, "1s")),
    lost_gateway_after: optional(durationFrom(1_000, "1s")),
    budget_exceeded_status: optional(budgetStatus),
    budget_reset: optional(z.enum(["calendar", "rolling"], { error: "expected calendar or rolling" })),
    max_request_size_mb: optional(numberAbove(0)),
    max_response_size_mb: optional(numberAbove(0)),
    answer_memory_mb: optional(numberAbove(0)),
    idempotency_memory_mb: optional(numberFrom(0)),
    max_connections_per_host: optional(wholeNumberFrom(1)),
    max_idle_connections_per_host: optional(wholeNumberFrom(1)),
    idle_connection_timeout: optional(numberAbove(0)),
    conversion_memory_mb: optional(numberAbove(0)),
    keep_images: optional(onOrOff),
    keep_images_mb: optional(numberAbove(0)),
    keep_images_count: optional(wholeNumberFrom(1)),
    public_url: optional(webAddress),
    use_x_forwarded_host: optional(onOrOff),
    upload_memory_mb: optional(numberAbove(0)),
    upload_wait: optional(numberFrom(0)),
    upload_timeout: optional(numberAbove(0)),
    upload_minimum_bytes_per_second: optional(numberFrom(0)),
  }),
  environment_variables: optional(
    z.record(z.string(), z.unknown(), { error: "expected a map of names to values" }),
  ),
  quotas: optional(
    z.record(
      quotaName,
      z.strictObject(limits, {
        error: "expected a map with rpm, tpm, ipm or max_parallel_requests, and nothing else",
      }),
      {
        error: ({ code }) =>
          code === "invalid_key"
            ? expectedQuotaName
            : "expected a map of names of quotas, each to its limits",
      },
    ),
  ),
  model_list: optional(z.array(z.unknown(), { error: "expected a list of models" })),
  credential_list: optional(
    z.array(
      z.object(
        {
          credential_name: text,
          credential_values: z.object(
            {
              api_key: optional(text),
              api_base: optional(text),
              api_version: optional(text),
              organization: optional(text),
              ...entra,
            },
            { error: "expected a map of settings" },
          ),
        },
        { error: "expected a map with credential_name and credential_values" },
      ),
      { error: "expected a list of credentials" },
    ),
  ),
};

export type FileSettings = {
  readonly [Section in keyof typeof fileSchemas]: z.output<(typeof fileSchemas)[Section]>;
};

const proxyAddress = z
  .string()
  .transform((value) => (value === "none" ? null : value))
  .refine((value) => value === null || isWebAddress(value), {
    error: "expected the address of a proxy, that begins with http:// or https://, or none",
  });

/** What names an entry of `model_list`, before anything else of it counts. */
export const entryNameSchema = z.object(
  {
    model_name: text,
    litellm_params: z.object(
      { model: text, custom_llm_provider: optional(text), base_model: optional(z.unknown()) },
      { error: "expected a map of settings" },
    ),
    model_info: optional(
      z.object(
        { mode: optional(z.unknown()), base_model: optional(z.unknown()) },
        { error: "expected a map of settings" },
      ),
    ),
  },
  { error: "expected a map with model_name and litellm_params" },
);

const optionalPrice = optional(price);
const prices = Object.fromEntries(priceSettings.map((name) => [name, optionalPrice])) as Readonly<
  Record<PriceSetting, typeof optionalPrice>
>;

/** LiteLLM takes limits and budgets in three places, and `order` in two. */
const shares = { ...limits, ...budget, quota: optional(quotaName) };
const order = optional(wholeNumberFrom(0));

/** The rest of an entry, for one that Darkroom serves. */
export const entrySchema = z.object({
  model_name: text,
  ...shares,
  litellm_params: z.object({
    model: text,
    // Without a value it is a mistake (see `deploymentFrom`), not a key left out.
    api_key: z
      .preprocess(
        (value) => (value === null ? "" : value),
        z.string({ error: "expected a string" }).optional(),
      )
      .optional(),
    api_base: optional(webAddress),
    base_url: optional(webAddress),
    api_version: optional(text),
    ...entra,
    outbound_proxy: optional(proxyAddress),
    max_connections: optional(wholeNumberFrom(1)),
    organization: optional(text),
    project: optional(text),
    extra_headers: optional(headers),
    weight: optional(numberFrom(0)),
    ...shares,
    order,
    tags: optional(z.array(text, { error: "expected a list of tags" })),
    timeout: optional(seconds),
    stream_timeout: optional(seconds),
    litellm_credential_name: optional(text),
    base_model: optional(text),
    drop_params: optional(onOrOff),
    allowed_openai_params: optional(z.array(text, { error: "expected a list of fields" })),
    num_retries: optional(wholeNumberFrom(0)),
    cooldown_time: optional(numberFrom(0)),
    size_fit: optional(onOrOff),
    ...prices,
  }),
  model_info: optional(
    z.object({
      id: optional(z.union([text, z.number().transform(String)], { error: "expected a string" })),
      base_model: optional(text),
      access_groups: optional(z.array(text, { error: "expected a list of access groups" })),
      ...shares,
      order,
      supports_json_body: optional(onOrOff),
      supports_streaming: optional(onOrOff),
      supports_mask: optional(onOrOff),
      supports_file_ids: optional(onOrOff),
      max_input_images: optional(wholeNumberFrom(1)),
      ...deploymentHealth,
      ...prices,
    }),
  ),
});

export type EntrySettings = z.output<typeof entrySchema>;
