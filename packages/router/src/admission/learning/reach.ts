/** Who else will be refused as an attempt was. */
export type Reach =
  /** Whoever uses the same account at the upstream, with whatever model: there is no money, or there is no account. */
  | "organization"
  /** Whoever shares the quota: a limit of the minute is the organisation's, for one model. */
  | "quota"
  /** Nobody else as far as is known: a key was withdrawn, or something on the way to this one address refuses. */
  | "deployment";

const organizationWide = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "billing_hard_limit_reached",
  "billing_limit_user_error",
  "account_deactivated",
]);

const quotaWide = new Set(["rate_limit_exceeded", "rate_limit_error", "slow_down"]);

/**
 * How far a refusal reaches, by its error's code, else its type. OpenAI's rate limits name the resource as their type
 * (`requests`, `images`), always with the code `rate_limit_exceeded`; Azure's code is the status.
 */
export function reachOf(error: unknown): Reach {
  if (typeof error !== "object" || error === null) return "deployment";
  const { code, type } = error as { readonly code?: unknown; readonly type?: unknown };
  const words = [code, type].map(String);
  if (words.some((word) => organizationWide.has(word))) return "organization";
  return words.some((word) => quotaWide.has(word) || word === "429") ? "quota" : "deployment";
}
