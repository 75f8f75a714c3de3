/** What one scope (a key, a team, a member, a user, a customer, a tag) may use. What is absent is not limited. */
export interface Limits {
  /** Refused beyond; of every period where {@link budgetDuration} says how long one is, else for ever. */
  readonly maxBudgetNanoUsd?: bigint;
  /** Told beyond, and not refused. */
  readonly softBudgetNanoUsd?: bigint;
  /** Of {@link maxBudgetNanoUsd} and {@link softBudgetNanoUsd}: `30s`, `30m`, `24h`, `7d`, `30d`, `1mo`. */
  readonly budgetDuration?: string;
  /** Further budgets that hold at the same time. */
  readonly budgetWindows?: readonly BudgetWindow[];
  /** By model group. */
  readonly modelBudgets?: Readonly<Record<string, ModelBudget>>;
  /** Requests a minute. */
  readonly rpm?: number;
  /** Tokens a minute. */
  readonly tpm?: number;
  /** Images a minute. */
  readonly ipm?: number;
  /** Requests at once. */
  readonly parallel?: number;
  /** Requests a minute, by model group. */
  readonly modelRpm?: Readonly<Record<string, number>>;
  /** Tokens a minute, by model group. */
  readonly modelTpm?: Readonly<Record<string, number>>;
  /** On top of {@link maxBudgetNanoUsd} for a while. */
  readonly temporaryIncrease?: TemporaryIncrease;
}

export interface BudgetWindow {
  readonly limitNanoUsd: bigint;
  readonly duration: string;
}

export interface ModelBudget {
  readonly limitNanoUsd?: bigint;
  /** Absent: for ever. */
  readonly duration?: string;
  readonly rpm?: number;
  readonly tpm?: number;
}

export interface TemporaryIncrease {
  readonly amountNanoUsd: bigint;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
}

/** What holds for a scope that was given a reusable budget: its own limits, and the budget's where it has none. */
export function inherited(own: Limits, budget: Limits | undefined): Limits {
  if (budget === undefined) return own;
  const { budgetDuration, ...rest } = budget;
  // A budget's period belongs to its amount: it must not become the period of another one.
  const takesAmount = own.maxBudgetNanoUsd === undefined;
  return { ...rest, ...(takesAmount && budgetDuration !== undefined && { budgetDuration }), ...own };
}

/** Whether anything of it refuses requests. */
export function refusesRequests(limits: Limits): boolean {
  const { softBudgetNanoUsd, budgetDuration, temporaryIncrease, ...refusing } = limits;
  return Object.values(refusing).some((limit) => typeof limit !== "object" || Object.keys(limit).length > 0);
}
