import type { BudgetCalendar, Limits, ModelBudget } from "@darkroom/accounts";
import { z } from "zod";
import { invalid } from "./management-route.js";
import { changed, count, dollars, duration, id, inDollars, instant, instantFrom, isoTime } from "./values.js";

const budgetWindow = z.strictObject(
  { max_budget: dollars, budget_duration: duration },
  { error: "expected an object with max_budget and budget_duration" },
);

export interface ModelBudgetInput {
  readonly max_budget?: bigint | null | undefined;
  readonly budget_limit?: bigint | null | undefined;
  readonly budget_duration?: string | null | undefined;
  readonly time_period?: string | null | undefined;
  readonly rpm_limit?: number | null | undefined;
  readonly tpm_limit?: number | null | undefined;
}

/** LiteLLM has two names for both. A number alone is an amount for ever. */
const modelBudget = z.union(
  [
    dollars.transform((max_budget): ModelBudgetInput => ({ max_budget })),
    z.strictObject({
      max_budget: dollars.nullish(),
      budget_limit: dollars.nullish(),
      budget_duration: duration.nullish(),
      time_period: duration.nullish(),
      rpm_limit: count.nullish(),
      tpm_limit: count.nullish(),
    }),
  ],
  { error: "expected an object with max_budget, budget_duration, rpm_limit and tpm_limit" },
);

/** Budgets and rates, as LiteLLM names them. `ipm_limit` is Darkroom's own: images a minute. */
export const limitFields = {
  max_budget: dollars.nullish(),
  soft_budget: dollars.nullish(),
  budget_duration: duration.nullish(),
  budget_limits: z.array(budgetWindow, { error: "expected a list" }).max(8).nullish(),
  model_max_budget: z.record(id, modelBudget, { error: "expected an object of budgets by model" }).nullish(),
  rpm_limit: count.nullish(),
  tpm_limit: count.nullish(),
  ipm_limit: count.nullish(),
  max_parallel_requests: count.nullish(),
  model_rpm_limit: z.record(id, count, { error: "expected an object of numbers by model" }).nullish(),
  model_tpm_limit: z.record(id, count, { error: "expected an object of numbers by model" }).nullish(),
  temp_budget_increase: dollars.nullish(),
  temp_budget_expiry: instant.nullish(),
};

/** Some of the fields, or all of them. */
export type LimitInput = Partial<z.output<z.ZodObject<typeof limitFields>>>;

/** What holds after a request: of what it does not name, that which held before. */
export function limitsFrom(input: LimitInput, nowMs: number, before: Limits = {}): Limits {
  const { budget_limits, model_max_budget } = input;
  return changed(before, {
    maxBudgetNanoUsd: input.max_budget,
    softBudgetNanoUsd: input.soft_budget,
    budgetDuration: input.budget_duration,
    budgetWindows: unlessAbsent(budget_limits, (windows) =>
      windows.map(({ max_budget, budget_duration }) => ({
        limitNanoUsd: max_budget,
        duration: budget_duration,
      })),
    ),
    modelBudgets: unlessAbsent(model_max_budget, modelBudgetsFrom),
    rpm: input.rpm_limit,
    tpm: input.tpm_limit,
    ipm: input.ipm_limit,
    parallel: input.max_parallel_requests,
    modelRpm: input.model_rpm_limit,
    modelTpm: input.model_tpm_limit,
    temporaryIncrease: increaseFrom(input, nowMs, before.temporaryIncrease),
  });
}

function unlessAbsent<Given, Made>(
  given: Given,
  make: (given: NonNullable<Given>) => Made,
): Made | Extract<Given, null | undefined> {
  return given === null || given === undefined ? (given as Extract<Given, null | undefined>) : make(given);
}

function modelBudgetsFrom(
  given: NonNullable<LimitInput["model_max_budget"]>,
): Limits["modelBudgets"] & object {
  return Object.fromEntries(
    Object.entries(given).map(([model, budget]) => {
      const {
        max_budget,
        budget_limit,
        budget_duration,
        time_period,
        rpm_limit,
        tpm_limit,
      }: ModelBudgetInput = budget;
      return [
        model,
        changed<ModelBudget>(
          {},
          {
            limitNanoUsd: max_budget ?? budget_limit,
            duration: budget_duration ?? time_period,
            rpm: rpm_limit,
            tpm: tpm_limit,
          },
        ),
      ];
    }),
  );
}

/** @throws GatewayError for an increase without an end, or an end of none: neither would do anything */
function increaseFrom(
  { temp_budget_increase: amount, temp_budget_expiry: until }: LimitInput,
  nowMs: number,
  before: Limits["temporaryIncrease"],
): Limits["temporaryIncrease"] | null {
  if (amount === null || until === null) return null;
  if (amount === undefined && until === undefined) return undefined;
  const amountNanoUsd = amount ?? before?.amountNanoUsd;
  const untilMs = until === undefined ? before?.untilMs : instantFrom(until, nowMs);
  if (amountNanoUsd === undefined) throw missing("temp_budget_increase", "temp_budget_expiry");
  if (untilMs === undefined) throw missing("temp_budget_expiry", "temp_budget_increase");
  return { amountNanoUsd, untilMs };
}

function missing(field: string, given: string): Error {
  return invalid(field, `'${given}' is given without '${field}'.`);
}

/** Budgets and rates, as answers have them. */
export function limitsAnswer(limits: Limits, calendar: BudgetCalendar, nowMs: number): object {
  const { maxBudgetNanoUsd, softBudgetNanoUsd, budgetDuration, budgetWindows = [] } = limits;
  const { modelBudgets = {}, temporaryIncrease } = limits;
  const resetAt = (length: string | undefined): string | null => isoTime(calendar.resetAt(length, nowMs));
  return {
    max_budget: dollarsOrNull(maxBudgetNanoUsd),
    soft_budget: dollarsOrNull(softBudgetNanoUsd),
    budget_duration: budgetDuration ?? null,
    budget_reset_at: resetAt(budgetDuration),
    budget_limits: budgetWindows.map((window) => ({
      max_budget: inDollars(window.limitNanoUsd),
      budget_duration: window.duration,
      budget_reset_at: resetAt(window.duration),
    })),
    model_max_budget: Object.fromEntries(
      Object.entries(modelBudgets).map(([model, budget]) => [
        model,
        {
          max_budget: dollarsOrNull(budget.limitNanoUsd),
          budget_duration: budget.duration ?? null,
          rpm_limit: budget.rpm ?? null,
          tpm_limit: budget.tpm ?? null,
        },
      ]),
    ),
    rpm_limit: limits.rpm ?? null,
    tpm_limit: limits.tpm ?? null,
    ipm_limit: limits.ipm ?? null,
    max_parallel_requests: limits.parallel ?? null,
    model_rpm_limit: limits.modelRpm ?? {},
    model_tpm_limit: limits.modelTpm ?? {},
    ...(temporaryIncrease !== undefined && {
      temp_budget_increase: inDollars(temporaryIncrease.amountNanoUsd),
      temp_budget_expiry: isoTime(temporaryIncrease.untilMs),
    }),
  };
}

function dollarsOrNull(nanoUsd: bigint | undefined): number | null {
  return nanoUsd === undefined ? null : inDollars(nanoUsd);
}
