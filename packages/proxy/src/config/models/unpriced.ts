import { listPrices, missingEstimate, pricesOf } from "@darkroom/cost-calculator";
import { type Deployment, knownModelOf } from "@darkroom/router";
import type { BudgetSettings } from "../settings/budgets.js";

/** The models without any price, each once. What a wildcard will serve cannot be told before. */
export function unpricedModels(deployments: readonly Deployment[]): Set<string> {
  return new Set(withKnownModel(deployments).filter(isUnpriced).map(knownModelOf));
}

function withKnownModel(deployments: readonly Deployment[]): Deployment[] {
  return deployments.filter((deployment) => !knownModelOf(deployment).endsWith("*"));
}

/** A ceiling for estimates alone is no price: it says nothing of what an edit has cost. */
function isUnpriced(deployment: Deployment): boolean {
  const prices = pricesOf(knownModelOf(deployment), deployment.prices ?? listPrices);
  return (prices?.tokens ?? prices?.images ?? prices?.usdPerPixel) === undefined;
}

/** What an operator is told of such a model, once. */
export function unpricedWarning(model: string): string {
  return (
    `no price is known for ${model}: the cost of its edits is not known either. Set output_cost_per_image, or ` +
    "input_cost_per_token and output_cost_per_token, in its litellm_params, or name the model that it costs as much as in base_model"
  );
}

/**
 * Of every model whose edits a budget of the file would have to pay for, though nothing bounds what they cost: that they are
 * refused (`unpriced: refuse`).
 */
export function refusedModelWarnings(deployments: readonly Deployment[], budgets: BudgetSettings): string[] {
  const warnings = new Map<string, string>();
  for (const deployment of withKnownModel(deployments)) {
    const model = knownModelOf(deployment);
    const missing = missingEstimate({ model, promptBytes: 0, images: [] }, deployment.prices);
    const payer = payerOf(deployment, budgets);
    if (missing === null || payer === undefined || warnings.has(model)) continue;
    warnings.set(
      model,
      `edits with ${model} are refused where the budget of ${payer} would have to pay for them, since ` +
        `${missing.reason}: set a price or ${missing.setting} in its litellm_params, or general_settings.unpriced: allow`,
    );
  }
  return [...warnings.values()];
}

/** Whose budget would pay, the widest first. */
function payerOf(
  { id, provider = "openai" }: Deployment,
  { proxyLimits, customerLimits, customerBudgetId, providerLimits, deploymentLimits }: BudgetSettings,
): string | undefined {
  if (proxyLimits.maxBudgetNanoUsd !== undefined) return "the whole proxy";
  if (providerLimits.has(provider)) return `the provider ${provider}`;
  if (deploymentLimits.has(id)) return `the deployment ${id}`;
  const isOfCustomers = customerLimits.maxBudgetNanoUsd !== undefined || customerBudgetId !== undefined;
  return isOfCustomers ? "a customer" : undefined;
}
