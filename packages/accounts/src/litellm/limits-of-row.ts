import { parseDuration } from "../budgets/duration.js";
import type { BudgetWindow, Limits, ModelBudget, TemporaryIncrease } from "../budgets/limits.js";
import { type LiteLlmRow, RowError } from "./litellm-row.js";

/**
 * The limits that a key, a team, a user or a budget of LiteLLM has: those in columns, and those that it keeps in `metadata`.
 * @throws RowError where one of them cannot be kept
 */
export function limitsOfRow(row: LiteLlmRow): Limits {
  const metadata = row.object("metadata");
  const rpm = countsByModel(metadata.object("model_rpm_limit"));
  const tpm = countsByModel(metadata.object("model_tpm_limit"));
  const limits: { [Name in keyof Limits]: Limits[Name] | undefined } = {
    maxBudgetNanoUsd: row.budget("max_budget"),
    softBudgetNanoUsd: row.budget("soft_budget") ?? metadata.budget("soft_budget"),
    budgetDuration: duration(row, "budget_duration"),
    budgetWindows: windowsOf(row),
    modelBudgets: modelBudgetsOf(row.object("model_max_budget")),
    rpm: row.count("rpm_limit"),
    tpm: row.count("tpm_limit"),
    parallel: row.count("max_parallel_requests"),
    modelRpm: rpm,
    modelTpm: tpm,
    temporaryIncrease: increaseOf(metadata),
  };
  return present(limits);
}

/** What a team gives each of its members that has no limits of their own. @throws RowError */
export function memberLimitsOf(team: LiteLlmRow, budgets: ReadonlyMap<string, LiteLlmRow>): Limits {
  const budget = budgets.get(team.object("metadata").text("team_member_budget_id") ?? "");
  return budget === undefined ? {} : limitsOfRow(budget);
}

/** Without what is absent, or holds nothing. */
function present(limits: { readonly [Name in keyof Limits]: Limits[Name] | undefined }): Limits {
  const isThere = (value: unknown): boolean =>
    typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== undefined;
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => isThere(value)));
}

function duration(row: LiteLlmRow, name: string): string | undefined {
  const text = row.text(name);
  if (text === undefined) return undefined;
  try {
    parseDuration(text);
    return text;
  } catch (error) {
    if (error instanceof RangeError)
      throw new RowError(`has a '${name}' of '${text}', which is no duration here`);
    throw error;
  }
}

function windowsOf(row: LiteLlmRow): readonly BudgetWindow[] {
  return row.objects("budget_limits").map((window) => {
    const length = duration(window, "budget_duration");
    const limitNanoUsd = window.budget("max_budget");
    if (length === undefined || limitNanoUsd === undefined)
      throw new RowError("has 'budget_limits' without max_budget and budget_duration");
    return { duration: length, limitNanoUsd };
  });
}

/** LiteLLM has two names for both; a number alone is an amount for ever. */
function modelBudgetsOf(budgets: LiteLlmRow): Readonly<Record<string, ModelBudget>> {
  return Object.fromEntries(
    budgets.names.map((model) => {
      if (typeof budgets.value(model) === "number") return [model, { limitNanoUsd: budgets.budget(model) }];
      const budget = budgets.object(model);
      const limitNanoUsd = budget.budget("max_budget") ?? budget.budget("budget_limit");
      const length = duration(budget, "budget_duration") ?? duration(budget, "time_period");
      const [rpm, tpm] = [budget.count("rpm_limit"), budget.count("tpm_limit")];
      return [
        model,
        {
          ...(limitNanoUsd !== undefined && { limitNanoUsd }),
          ...(length !== undefined && { duration: length }),
          ...(rpm !== undefined && { rpm }),
          ...(tpm !== undefined && { tpm }),
        },
      ];
    }),
  ) as Record<string, ModelBudget>;
}

function countsByModel(counts: LiteLlmRow): Readonly<Record<string, number>> {
  return Object.fromEntries(counts.names.map((model) => [model, counts.count(model) ?? 0]));
}

function increaseOf(metadata: LiteLlmRow): TemporaryIncrease | undefined {
  const amountNanoUsd = metadata.budget("temp_budget_increase");
  const untilMs = metadata.time("temp_budget_expiry");
  return amountNanoUsd === undefined || untilMs === undefined ? undefined : { amountNanoUsd, untilMs };
}
