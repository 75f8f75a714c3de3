import type { Admission } from "./admission/admission.js";
import type { Deployment } from "./deployments/deployment.js";
import type { DeploymentLimits } from "./deployments/deployment-limits.js";
import type { ConnectionSettings } from "./upstream/connections.js";
import type { Alias } from "./deployments/groups.js";
import type { TagFilter } from "./deployments/tags.js";
import type { Journal } from "./journal/journal.js";
import type { LatencyOptions } from "./strategies/latency-based.js";
import type { RoutingStrategy } from "./strategies/routing-strategy.js";
import type { HealthStore } from "./health/health-store.js";
import type { HealthSettings } from "./health/health-settings.js";
import type { RetryBudgetSettings } from "./retries/retry-budget.js";
import type { RetryPolicy } from "./retries/retry-limit.js";

/** What a router is made of. LiteLLM's names for the settings are in brackets. */
export interface RouterOptions {
  readonly deployments: readonly Deployment[];
  /** Groups that are configured but have no usable deployment, each with the reason to tell a client who asks for it. */
  readonly unusableGroups?: ReadonlyMap<string, string>;
  /** Further names, each for one model (`model_group_alias`). */
  readonly aliases?: ReadonlyMap<string, Alias>;
  /** Who is left alone until when; in this process where it is absent. Whoever gives it closes it. */
  readonly healthStore?: HealthStore;
  /** What keeps the limits; in this process where it is absent. Whoever gives it closes it. */
  readonly admission?: Admission;
  /** Limits of quotas, by name; where their deployments have others, the lowest hold (`quotas`, Darkroom's own). */
  readonly quotas?: ReadonlyMap<string, DeploymentLimits>;
  /** Calls under way at once, of a quota that says nothing of its own (`default_max_parallel_requests`). */
  readonly defaultParallelCalls?: number;
  /**
   * How much longer than a minute our windows are (`limit_guard_ms`, Darkroom's own): an upstream counts a call when it
   * arrives, so two that leave a minute apart may arrive that much closer together.
   */
  readonly limitGuardMs?: number;
  /** How long a request may wait for room in limits, within its own deadline; then it is refused (`queue_timeout`, Darkroom's own). 0: it never waits. */
  readonly queueTimeoutMs?: number;
  /** How many requests of one group may wait at once (`max_queue`, Darkroom's own). */
  readonly maxQueue?: number;
  /** Of requests that name none (`default_priority`): a lower number goes first, as in LiteLLM. */
  readonly defaultPriority?: number;
  /** In which order the deployments of a group are tried (`routing_strategy`); weights of its deployments count more. */
  readonly strategy?: RoutingStrategy;
  /** Of the strategy `latency-based-routing` (`routing_strategy_args`). */
  readonly latency?: LatencyOptions;
  /** Present: tags choose the deployments (`enable_tag_filtering`). */
  readonly tagFilter?: TagFilter;
  /** The model of requests that name none; else `dall-e-2` if there is such a group, else the only group. */
  readonly defaultModel?: string;
  /** Further attempts within one group after the first (`num_retries`). */
  readonly retries?: number;
  /** As `retries`, by the class of the error (`retry_policy`). */
  readonly retryPolicy?: RetryPolicy;
  /** In place of `retryPolicy`, by group (`model_group_retry_policy`). */
  readonly groupRetryPolicies?: ReadonlyMap<string, RetryPolicy>;
  /** The shortest wait before the same deployment is called again (`retry_after`). */
  readonly shortestRetryWaitMs?: number;
  /** How many retries a group may make beside its requests, so that they do not multiply the load of what fails. */
  readonly retryBudget?: Partial<RetryBudgetSettings>;
  /** When deployments get no traffic for a while. */
  readonly health?: HealthSettings;
  /** Deadline of a whole request, fallbacks included (`timeout`). */
  readonly timeoutMs?: number;
  /** As `timeoutMs`, for streamed edits (`stream_timeout`). */
  readonly streamTimeoutMs?: number;
  /** Groups to go on in, by the group that failed; `*` stands for every group without an entry (`fallbacks`, `default_fallbacks`). */
  readonly fallbacks?: ReadonlyMap<string, readonly string[]>;
  /** In place of `fallbacks`, where the upstream refuses the content (`content_policy_fallbacks`). */
  readonly contentPolicyFallbacks?: ReadonlyMap<string, readonly string[]>;
  /** Memory that answers together may hold, from their arrival until their clients have taken them. */
  readonly answerMemoryBytes?: number;
  /** The largest answer (`max_response_size_mb`); at most `answerMemoryBytes`. */
  readonly maxAnswerBytes?: number;
  /**
   * What a budget does with an edit whose cost no price can bound beforehand: refuse it, or let it through uncounted. Where
   * there is no budget, such edits are served.
   */
  readonly unpriced?: "refuse" | "allow";
  /** Where every attempt is written down, before it is sent and when it has ended; not given: nowhere. */
  readonly journal?: Journal;
  /**
   * What the journal makes of an upstream's 5xx after all was sent, which may have been charged: the estimate, as uncertain,
   * or nothing.
   */
  readonly serverErrors?: "uncertain" | "unbilled";
  /** Limits of the connections to upstreams. */
  readonly connections?: ConnectionSettings;
  /** How many fallback groups one request may try (`max_fallbacks`). */
  readonly maxFallbacks?: number;
}

const mebibyte = 1024 * 1024;

/**
 * Defaults: 2 retries as LiteLLM behaves, 10 % of the requests retried and one a second besides (Finagle: 20 % and ten), 600 s as its `timeout`, 5 fallbacks as its `max_fallbacks`. The largest answer that
 * OpenAI gives is ten pictures of some 25 MB of base64 each.
 *
 * A request waits for limits up to 60 s: all that a minute's window holds now is free again by then, so that whoever would
 * still wait is behind more than the upstream takes in a minute, and had better be told.
 */
export const defaultOptions = {
  retries: 2,
  retryBudget: { percent: 10, perMinute: 60 },
  timeoutMs: 600_000,
  maxFallbacks: 5,
  strategy: "latency-based-routing",
  unpriced: "refuse",
  serverErrors: "uncertain",
  answerMemoryBytes: 512 * mebibyte,
  maxAnswerBytes: 256 * mebibyte,
  limitGuardMs: 250,
  queueTimeoutMs: 60_000,
  maxQueue: 100,
  defaultPriority: 0,
} as const;
