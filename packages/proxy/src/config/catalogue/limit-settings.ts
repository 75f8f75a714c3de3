/** What an upstream takes of a deployment, or of a quota; `ipm` (images a minute) is Darkroom's own. */
export const limitSettings = ["rpm", "tpm", "ipm", "max_parallel_requests"] as const;

export type LimitSetting = (typeof limitSettings)[number];

/** What a deployment may cost, in the same places. */
export const budgetSettings = ["max_budget", "budget_duration"] as const;

export type BudgetSetting = (typeof budgetSettings)[number];
