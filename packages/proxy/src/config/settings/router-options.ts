import type {
  Deployment,
  HealthSettings,
  RetryBudgetSettings,
  RetryPolicy,
  RouterOptions,
} from "@darkroom/router";
import type { Findings } from "../config-error.js";
import type { Located } from "../file/located.js";
import { type InvalidDeployment, millisecondsOf } from "../gateway-config.js";
import { groupOf, isSkipped, type KnownGroups, unknownGroup } from "./fallbacks.js";
import type { FileSettings } from "./schema.js";

/** What the router's options are read from. */
export interface RouterSettingsSource {
  readonly settings: FileSettings;
  readonly root: Located;
  readonly deployments: readonly Deployment[];
  readonly invalid: readonly InvalidDeployment[];
  readonly fallbacks: ReadonlyMap<string, readonly string[]>;
  readonly groups: KnownGroups;
}

/** `router_settings`, else what `litellm_settings` say of the same; what neither says is left to the router. */
export function routerOptions(source: RouterSettingsSource, findings: Findings): RouterOptions {
  const { settings, deployments, invalid, fallbacks } = source;
  const { litellm_settings: litellm, general_settings: general } = settings;
  const router = bySection(settings);
  const timeout = router.timeout ?? litellm.request_timeout;
  const policies = groupRetryPolicies(source, findings);
  return {
    deployments,
    unusableGroups: unusableGroups(deployments, invalid),
    fallbacks,
    ...(router.num_retries !== undefined && { retries: router.num_retries }),
    ...(timeout !== undefined && { timeoutMs: millisecondsOf(timeout) }),
    ...(router.stream_timeout !== undefined && { streamTimeoutMs: millisecondsOf(router.stream_timeout) }),
    ...(router.max_fallbacks !== undefined && { maxFallbacks: router.max_fallbacks }),
    ...(router.retry_policy !== undefined && { retryPolicy: router.retry_policy }),
    ...(policies.size > 0 && { groupRetryPolicies: policies }),
    ...(router.retry_after !== undefined && { shortestRetryWaitMs: millisecondsOf(router.retry_after) }),
    retryBudget: retryBudget(router),
    health: healthSettings(router),
    ...connectionSettings(general),
    ...(general.unpriced !== undefined && { unpriced: general.unpriced }),
    ...(general.server_errors !== undefined && { serverErrors: general.server_errors }),
  };
}

function connectionSettings(general: FileSettings["general_settings"]): Pick<RouterOptions, "connections"> {
  const { max_connections_per_host, max_idle_connections_per_host, idle_connection_timeout } = general;
  const connections = {
    ...(max_connections_per_host !== undefined && { maxPerHost: max_connections_per_host }),
    ...(max_idle_connections_per_host !== undefined && { maxIdlePerHost: max_idle_connections_per_host }),
    ...(idle_connection_timeout !== undefined && { idleMs: millisecondsOf(idle_connection_timeout) }),
  };
  return Object.keys(connections).length === 0 ? {} : { connections };
}

type RouterSettings = FileSettings["router_settings"];

/** The router's settings from both sections that may have them. */
export function bySection({
  router_settings: router,
  litellm_settings: litellm,
}: FileSettings): RouterSettings {
  const written = Object.entries(router).filter(([, value]) => value !== undefined);
  return { ...litellm, ...Object.fromEntries(written) };
}

function retryBudget({
  retry_budget_percent: percent,
  retry_budget_per_minute: perMinute,
}: RouterSettings): Partial<RetryBudgetSettings> {
  return { ...(percent !== undefined && { percent }), ...(perMinute !== undefined && { perMinute }) };
}

function healthSettings(settings: RouterSettings): HealthSettings {
  const { allowed_fails, allowed_fails_policy, cooldown_time, disable_cooldowns } = settings;
  return {
    // As in LiteLLM: a cooldown of no time is none.
    disabled: disable_cooldowns === true || cooldown_time === 0,
    ...(cooldown_time !== undefined && { cooldownMs: millisecondsOf(cooldown_time) }),
    ...(allowed_fails !== undefined && { allowedFails: allowed_fails }),
    ...(allowed_fails_policy !== undefined && { allowedFailsPolicy: allowed_fails_policy }),
  };
}

function groupRetryPolicies(
  { settings, root, groups }: RouterSettingsSource,
  findings: Findings,
): Map<string, RetryPolicy> {
  const section = settings.router_settings.model_group_retry_policy ? "router_settings" : "litellm_settings";
  const policies = new Map<string, RetryPolicy>();
  for (const [name, policy] of Object.entries(settings[section].model_group_retry_policy ?? {})) {
    const group = groupOf(name, groups);
    if (group === undefined) {
      unknownGroup(name, [section, "model_group_retry_policy", name], root, groups, findings);
    } else if (!isSkipped(group, groups)) policies.set(group, policy);
  }
  return policies;
}

/** Groups that have no usable deployment, each with the reasons. */
function unusableGroups(
  deployments: readonly Deployment[],
  invalid: readonly InvalidDeployment[],
): Map<string, string> {
  const served = new Set(deployments.map(({ group }) => group));
  const unusable = new Map<string, string>();
  for (const { group, reason } of invalid.filter((it) => !served.has(it.group))) {
    const others = unusable.get(group);
    unusable.set(group, others === undefined ? reason : `${others}; ${reason}`);
  }
  return unusable;
}
