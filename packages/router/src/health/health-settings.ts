import type { ErrorClass } from "../retries/classification.js";

/** How many failures of a kind a deployment may have in a minute (`allowed_fails_policy`). */
export type AllowedFailsPolicy = Partial<Readonly<Record<ErrorClass, number>>>;

/** When deployments get no traffic for a while. LiteLLM's names for the settings are in brackets. */
export interface HealthSettings {
  /** Nothing is ever left alone (`disable_cooldowns`). */
  readonly disabled?: boolean;
  /** How long, where neither the upstream nor the kind of failure says otherwise (`cooldown_time`). */
  readonly cooldownMs?: number;
  /** Failures in a minute, above which it is left alone; in place of the ejection that needs no setting (`allowed_fails`). */
  readonly allowedFails?: number;
  readonly allowedFailsPolicy?: AllowedFailsPolicy;
}

/** What one deployment has of its own. A `cooldownMs` of 0: it is never left alone. */
export type DeploymentHealthSettings = Omit<HealthSettings, "disabled">;

/** Every figure of health, each in this one place. */
export const healthDefaults = {
  /** After a rate limit without `retry-after`, or more failures than are allowed; LiteLLM's `cooldown_time`. */
  cooldownMs: 5_000,
  /** A longer or shorter `retry-after` counts as this one. */
  shortestRetryAfterMs: 1_000,
  longestRetryAfterMs: 600_000,
  /** Added to `retry-after`, a random share of it, so that not all who waited come back at once. */
  retryAfterJitter: 0.1,
  /** A key, an account or a model that is no good: doubled each time its probe fails the same way. */
  lockoutMs: 600_000,
  longestLockoutMs: 3_600_000,
  /** Ejection, after Envoy's outlier detection: its count, time and growth; its rate is of 100 requests, edits are fewer. */
  consecutiveFailures: 5,
  failureShare: 0.5,
  fewestCallsForShare: 10,
  ejectionMs: 30_000,
  longestEjectionMs: 300_000,
  /** A minute without an ejection takes one off the number by which the time is multiplied. */
  forgivenEveryMs: 60_000,
  /** Of a group at most this share is ejected, so that a deployment alone never is. Envoy's 10 % is for larger groups. */
  mostEjectedShare: 0.5,
  /** Of the last minute's calls of a deployment that is reliable, at most: the share of its requests that a group may retry. */
  reliableFailureShare: 0.1,
  /** What a client is told to wait where only a probe's end can tell more. */
  probeRetryAfterMs: 1_000,
} as const;
