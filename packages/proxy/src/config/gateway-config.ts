import type { CalendarOptions, Limits, PostgresSettings, Retention } from "@darkroom/accounts";
import { type RouterOptions, openAiApiBase } from "@darkroom/router";
import type { FormatSettings } from "../formats/answer-formats.js";
import type { RedisConfig } from "./settings/redis.js";
import type { UploadSettings } from "../upload/upload-settings.js";

/** All that the gateway is told by its operator. */
export interface GatewayConfig {
  /** Where it came from, for a banner. */
  readonly source: string;
  readonly router: RouterOptions;
  /** What gateways share their limits and cooldowns in. Without it, this one is alone. */
  readonly redis?: RedisConfig;
  /** Where keys, budgets and the ledger are kept (`general_settings.database_url`). Without it, in the data folder. */
  readonly postgres?: PostgresSettings;
  /** The key that may do everything (`general_settings.master_key`). Without one, the gateway asks for no key. */
  readonly masterKey?: string;
  /** A header that carries the client's key besides the usual ones (`general_settings.litellm_key_header_name`). */
  readonly keyHeaderName?: string;
  /** The group for every request, whatever model it names (`completion_model`, else `image_generation_model`). */
  readonly forcedModel?: string;
  /**
   * Whether the client's headers go to the upstream (`general_settings.forward_client_headers_to_llm_api`).
   * LiteLLM's rule, https://docs.litellm.ai/docs/proxy/forward_client_headers: those whose name begins with `x-`,
   * but not with `x-stainless-`, and `anthropic-beta`; nothing else, so neither `authorization` nor `user-agent`.
   * A client's own key travels in such headers too (`x-api-key`, `x-litellm-api-key`, `x-goog-api-key`, and
   * `keyHeaderName`): these must never be forwarded, though LiteLLM forwards some.
   */
  readonly forwardClientHeaders: boolean;
  /**
   * Whether `/metrics` asks for the key, where there is one (`litellm_settings.require_auth_for_metrics_endpoint`). Unlike
   * LiteLLM's, ours is closed unless it is opened: it tells what is spent.
   */
  readonly requireAuthForMetrics: boolean;
  /** How many teams `/metrics` has figures of, at most (`general_settings.team_metrics`); 0: none. */
  readonly teamMetrics: number;
  /** Whether the ledger keeps prompts (`general_settings.store_prompts_in_spend_logs`). */
  readonly storePrompts: boolean;
  /** How long the ledger keeps rows, where not for ever (`general_settings.maximum_spend_logs_retention_period`). */
  readonly retention?: Retention;
  readonly upload: UploadSettings;
  readonly formats: FormatSettings;
  /** Room for answers that are kept for requests with the same `Idempotency-Key` (`general_settings.idempotency_memory_mb`). */
  readonly idempotencyMemoryBytes: number;
  readonly accounts: AccountSettings;
  readonly fleet: FleetSettings;
  /** To be said at start. */
  readonly warnings: readonly string[];
  /** To be said at start too, but nothing to worry about. */
  readonly notes: readonly string[];
  /** Entries of `model_list` that Darkroom does not serve. */
  readonly skipped: readonly SkippedEntry[];
  /** Entries that cannot be used as they are, such as those whose key is not set. */
  readonly invalid: readonly InvalidDeployment[];
}

/** What gateways that share Redis and PostgreSQL do about those of them that are gone. */
export interface FleetSettings {
  /** Whether this one does anything (`general_settings.adopt_gateways`). */
  readonly adopts: boolean;
  /** One that was not heard of for so long is looked after (`silent_gateway_after`). */
  readonly silentAfterMs: number;
  /** After so long, what one had under way whose journal nobody reaches is taken for spent (`lost_gateway_after`). */
  readonly lostAfterMs: number;
}

/** Of keys, teams and budgets. */
export interface AccountSettings {
  /** For so long who was known goes on while the directory cannot be asked (`general_settings.directory_grace`). */
  readonly directoryGraceMs: number;
  /** Headers that name the customer (`user_header_mappings`, then `user_header_name`). */
  readonly customerHeaders: readonly string[];
  /** When budgets begin anew (`timezone`, `budget_reset_time`, `budget_reset`). */
  readonly calendar: CalendarOptions;
  /** What a new key has where its maker says nothing (`default_key_generate_params`). */
  readonly newKeyDefaults: Readonly<Record<string, unknown>>;
  /** What a new key has at most (`upperbound_key_generate_params`). */
  readonly newKeyBounds: Readonly<Record<string, unknown>>;
  /** The access groups of each model group (`model_info.access_groups`). */
  readonly accessGroups: ReadonlyMap<string, readonly string[]>;
  /** Of all edits together (`litellm_settings.max_budget`, `budget_duration`). */
  readonly proxyLimits: Limits;
  /** Of every customer that has no budget of its own (`max_end_user_budget`). */
  readonly customerLimits: Limits;
  /** A reusable budget for them, which counts more (`max_end_user_budget_id`). */
  readonly customerBudgetId?: string;
  /** By provider (`provider_budget_config`): a spent one chooses another deployment. */
  readonly providerLimits: ReadonlyMap<string, Limits>;
  /** By the deployment's id (`max_budget`, `budget_duration` of an entry): as those of providers. */
  readonly deploymentLimits: ReadonlyMap<string, Limits>;
  /** Of the answer to an edit that a spent budget refuses (`general_settings.budget_exceeded_status`). */
  readonly budgetStatus: 429 | 400 | 422;
}

export interface SkippedEntry {
  /** Its `model_name`. */
  readonly name: string;
  readonly reason: string;
}

export interface InvalidDeployment {
  readonly deploymentId: string;
  readonly group: string;
  readonly reason: string;
}

const mebibyte = 1024 * 1024;

/** What holds where the operator says nothing. Retries, deadlines and fallbacks have theirs in the router. */
export const defaults = {
  apiBase: openAiApiBase,
  forwardClientHeaders: false,
  requireAuthForMetrics: true,
  teamMetrics: 1_000,
  storePrompts: false,
  /** As LiteLLM's. */
  retentionEveryMs: 86_400_000,
  idempotencyMemoryBytes: 64 * mebibyte,
  accounts: {
    directoryGraceMs: 3_600_000,
    customerHeaders: [],
    calendar: {},
    newKeyDefaults: {},
    newKeyBounds: {},
    accessGroups: new Map<string, readonly string[]>(),
    proxyLimits: {},
    customerLimits: {},
    providerLimits: new Map<string, Limits>(),
    deploymentLimits: new Map<string, Limits>(),
    budgetStatus: 429,
  },
  fleet: { adopts: true, silentAfterMs: 60_000, lostAfterMs: 3_600_000 },
  upload: {
    maxRequestBytes: 64 * mebibyte,
    memoryBudgetBytes: 512 * mebibyte,
    waitMs: 30_000,
    timeoutMs: 600_000,
    minimumBytesPerSecond: 1024,
  },
  formats: {
    trustForwardedHost: false,
    keepImages: true,
    keptBytes: 1024 * mebibyte,
    keptFiles: 10_000,
    memoryBytes: 512 * mebibyte,
  },
} as const;

export const bytesOf = (megabytes: number) => Math.floor(megabytes * mebibyte);
export const millisecondsOf = (seconds: number) => Math.round(seconds * 1000);
