import { listPrices, pricesOf } from "@darkroom/cost-calculator";
import { type Deployment, knownModelOf } from "@darkroom/router";

/** The models without any price, each once. What a wildcard will serve cannot be told before. */
export function unpricedModels(deployments: readonly Deployment[]): Set<string> {
  const known = deployments.filter((deployment) => !knownModelOf(deployment).endsWith("*"));
  return new Set(known.filter(isUnpriced).map(knownModelOf));
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
