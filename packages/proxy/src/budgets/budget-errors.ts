import type { Payer, PayerMeter } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { type Refusal, RouterError } from "@darkroom/router";

/** What a client is told when a budget is used up; LiteLLM has said 400, 429 and 422, and always this type. */
export type BudgetStatus = 400 | 422 | 429;

export interface SpentBudget {
  readonly of: PayerMeter;
  readonly refusal: Refusal;
  readonly status: BudgetStatus;
  /** When the budget begins anew, in milliseconds since 1970, where it does. */
  readonly resetAtMs: number | undefined;
  /** What would fit instead, in words. */
  readonly cheaper: readonly string[];
}

/** A budget has not enough left for an edit. */
export class BudgetExceededError extends RouterError {
  override readonly name = "BudgetExceededError";
  readonly status: number;
  readonly type = "budget_exceeded";
  readonly code: string;
  override readonly retryAfterMs: number | undefined;

  /** @param waits only reservations are in the way: it may go better in a moment */
  constructor(budget: SpentBudget, waits: boolean) {
    super(budgetMessage(budget));
    this.status = waits ? 429 : budget.status;
    this.code = String(this.status);
    this.retryAfterMs = waits ? aMomentMs : undefined;
  }
}

/** Nobody knows when an edit ends and gives back what it does not use. */
const aMomentMs = 1_000;

function budgetMessage({ of, refusal, resetAtMs, cheaper }: SpentBudget): string {
  const { used, reserved, limit, charge } = refusal;
  const period = of.duration === undefined ? "" : ` per ${of.duration}`;
  const model = of.model === undefined ? "" : ` for model '${of.model}'`;
  const amounts = [
    `spent $${formatUsd(used)}`,
    `reserved $${formatUsd(reserved)}`,
    `limit $${formatUsd(limit)}${period}`,
    `this edit at most $${formatUsd(charge.amount)}`,
    ...(resetAtMs === undefined ? [] : [`resets at ${new Date(resetAtMs).toISOString()}`]),
  ];
  const instead = cheaper.length === 0 ? "" : ` It would fit with ${cheaper.join(", or with ")}.`;
  return `Budget has been exceeded! ${nameOf(of.payer)}${model}: ${amounts.join(", ")}.${instead}`;
}

/** `Team 'red' (Red team)`. */
export function nameOf({ scope, id, alias }: Payer): string {
  const names = {
    key: "Key",
    team: "Team",
    organization: "Organization",
    member: "Team member",
    user: "User",
    customer: "Customer",
    tag: "Tag",
    provider: "Provider",
    deployment: "Deployment",
    proxy: "The whole gateway",
  };
  if (scope === "proxy") return names.proxy;
  // The id of a key is of no use to anybody; its alias, or the last letters of it, is.
  if (scope === "key") return `Key '${alias ?? id}'`;
  return `${names[scope]} '${id}'${alias === undefined ? "" : ` (${alias})`}`;
}

/** A rate limit of a caller's own. LiteLLM's status, type and headers. */
export class CallerLimitError extends RouterError {
  override readonly name = "CallerLimitError";
  readonly status = 429;
  readonly type = "throttling_error";
  readonly code = "429";
  override readonly retryAfterMs: number | undefined;
  /** `requests`, `tokens`, `images` or `concurrent_requests`. */
  readonly limitType: string;
  /** Milliseconds since 1970, where it is known. */
  readonly resetAtMs: number | undefined;
  /** Milliseconds from now on until it fits, where they are known. */
  readonly fitsInMs: number | undefined;
  readonly limit: bigint;
  readonly remaining: bigint;

  constructor({ payer, of, model }: PayerMeter, { used, limit, charge, fitsInMs }: Refusal, nowMs: number) {
    const limitType = of === "parallel requests" ? "concurrent_requests" : of;
    const remaining = used < limit ? limit - used : 0n;
    const fits = charge.amount <= limit;
    const waitMs = fits ? (fitsInMs ?? aMomentMs) : undefined;
    const resetAtMs = fits && fitsInMs !== undefined ? nowMs + fitsInMs : undefined;
    const ofModel = model === undefined ? "" : ` for model '${model}'`;
    const reset = resetAtMs === undefined ? "" : `, fits again at ${new Date(resetAtMs).toISOString()}`;
    const never = fits ? "" : "; the edit alone is more than ever fits";
    super(
      `Rate limit exceeded for ${nameOf(payer)}${ofModel}. Limit type: ${limitType}. Current limit: ${String(limit)}, remaining: ${String(remaining)}, asked for: ${String(charge.amount)}${reset}${never}.`,
    );
    this.limitType = limitType;
    this.retryAfterMs = waitMs;
    this.resetAtMs = resetAtMs;
    this.fitsInMs = fits ? fitsInMs : undefined;
    this.limit = limit;
    this.remaining = remaining;
  }
}

/** A budget would have to pay for an edit of which nobody knows what it may cost. */
export class UnpricedError extends RouterError {
  override readonly name = "UnpricedError";
  readonly status = 400;
  readonly type = "invalid_request_error";
  readonly code = "unpriced_model";
  override readonly field = "model";

  constructor(model: string, { payer }: PayerMeter) {
    super(
      `${nameOf(payer)} has a budget, and nobody knows what an edit with '${model}' may cost: set its prices, or \`unpriced: allow\`.`,
    );
  }
}

/** More budgets and limits would have to be looked at than are looked at at once. */
export class TooManyLimitsError extends RouterError {
  override readonly name = "TooManyLimitsError";
  readonly status = 400;
  readonly type = "invalid_request_error";
  readonly code = "too_many_limits";
  override readonly field = "tags";

  constructor(most: number) {
    super(
      `The edit's key, team, customer and tags have more than ${String(most)} limits together; use fewer tags.`,
    );
  }
}
