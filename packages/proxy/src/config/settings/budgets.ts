import type { Limits } from "@darkroom/accounts";
import { type Deployment, providers } from "@darkroom/router";
import type { BudgetSetting } from "../catalogue/limit-settings.js";
import { isClose, nearest } from "../catalogue/nearest.js";
import type { Findings, KeyPath } from "../config-error.js";
import { find, type Located, positionOf } from "../file/located.js";
import { type AccountSettings, defaults } from "../gateway-config.js";
import { bySection } from "./router-options.js";
import type { EntrySettings, FileSettings } from "./schema.js";

interface WrittenBudget {
  readonly max_budget?: bigint | undefined;
  readonly budget_duration?: string | undefined;
}

/** The budgets that a file gives, and to whom. */
export type BudgetSettings = Pick<
  AccountSettings,
  | "proxyLimits"
  | "customerLimits"
  | "customerBudgetId"
  | "providerLimits"
  | "deploymentLimits"
  | "budgetStatus"
>;

export function budgetsOf(
  settings: FileSettings,
  root: Located,
  { deployments, budgets }: { deployments: readonly Deployment[]; budgets: ReadonlyMap<string, Limits> },
  findings: Findings,
): BudgetSettings {
  const { litellm_settings: litellm, general_settings: general } = settings;
  const { max_end_user_budget_id: customerBudgetId } = litellm;
  if (isWithoutAmount(litellm)) tellOfNoAmount(root, ["litellm_settings", "budget_duration"], findings);
  return {
    proxyLimits: limitsOfBudget(litellm),
    customerLimits: limitsOfBudget({ max_budget: litellm.max_end_user_budget }),
    ...(customerBudgetId !== undefined && { customerBudgetId }),
    providerLimits: providerLimits(settings, root, deployments, findings),
    deploymentLimits: budgets,
    budgetStatus: general.budget_exceeded_status ?? defaults.accounts.budgetStatus,
  };
}

/** The budget of an entry of `model_list`, each part from the first place that LiteLLM looks in; undefined where it has none. */
export function deploymentBudget(
  entry: EntrySettings,
  root: Located,
  path: KeyPath,
  findings: Findings,
): Limits | undefined {
  const { litellm_params: params, model_info: info } = entry;
  const of = <Name extends BudgetSetting>(name: Name) => entry[name] ?? params[name] ?? info?.[name];
  const written = { max_budget: of("max_budget"), budget_duration: of("budget_duration") };
  if (isWithoutAmount(written)) tellOfNoAmount(root, placeOfDuration(root, path), findings);
  return written.max_budget === undefined ? undefined : limitsOfBudget(written);
}

function placeOfDuration(root: Located, path: KeyPath): KeyPath {
  const places = [[], ["litellm_params"], ["model_info"]].map((place) => [
    ...path,
    ...place,
    "budget_duration",
  ]);
  return places.find((place) => find(root, place) !== undefined) ?? path;
}

function limitsOfBudget({ max_budget, budget_duration }: WrittenBudget): Limits {
  if (max_budget === undefined) return {};
  return {
    maxBudgetNanoUsd: max_budget,
    ...(budget_duration !== undefined && { budgetDuration: budget_duration }),
  };
}

function isWithoutAmount({ max_budget, budget_duration }: WrittenBudget): boolean {
  return max_budget === undefined && budget_duration !== undefined;
}

function tellOfNoAmount(root: Located, path: KeyPath, findings: Findings): void {
  const { file, line, column } = positionOf(root, path);
  findings.warn(`${file}:${line}:${column}: a budget_duration without a max_budget limits nothing`);
}

function providerLimits(
  settings: FileSettings,
  root: Located,
  deployments: readonly Deployment[],
  findings: Findings,
): ReadonlyMap<string, Limits> {
  const section = settings.router_settings.provider_budget_config ? "router_settings" : "litellm_settings";
  const served = new Set<string>(deployments.map(({ provider = "openai" }) => provider));
  const limits = new Map<string, Limits>();
  for (const [name, written] of Object.entries(bySection(settings).provider_budget_config ?? {})) {
    if (!served.has(name)) tellOfNobody(name, root, [section, "provider_budget_config", name], findings);
    limits.set(
      name,
      limitsOfBudget({
        max_budget: written.budget_limit ?? written.max_budget,
        budget_duration: written.time_period ?? written.budget_duration,
      }),
    );
  }
  return limits;
}

/** A slip of the pen would leave a provider without its budget; one that is not used here needs none. */
function tellOfNobody(name: string, root: Located, path: KeyPath, findings: Findings): void {
  const known = Object.keys(providers);
  const meant = nearest(name, known);
  const at = positionOf(root, path);
  if (!known.includes(name) && meant !== undefined && isClose(name, meant))
    findings.problem(at, path, `no provider; did you mean "${meant}"?`);
  else
    findings.warn(
      `${at.file}:${at.line}:${at.column}: no usable deployment is of the provider "${name}", which has a budget`,
    );
}
