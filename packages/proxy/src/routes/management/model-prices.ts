import { type TokenPrices, listPrices, pricesOf } from "@darkroom/cost-calculator";
import { type Deployment, knownModelOf } from "@darkroom/router";

/** LiteLLM's names for the prices of ONE token. */
const fieldOf: Readonly<Record<Exclude<keyof TokenPrices, "source">, string>> = {
  textInput: "input_cost_per_token",
  imageInput: "input_cost_per_image_token",
  cachedTextInput: "cache_read_input_token_cost",
  cachedImageInput: "cache_read_input_image_token_cost",
  textOutput: "output_cost_per_token",
  imageOutput: "output_cost_per_image_token",
};

/** What a deployment's edits cost by the token and by the image, in US dollars; what is not known is left out. */
export function priceFields(deployment: Deployment): Readonly<Record<string, number>> {
  const { tokens = {}, images = [] } =
    pricesOf(knownModelOf(deployment), deployment.prices ?? listPrices) ?? {};
  const fields = Object.entries(fieldOf).flatMap(([kind, field]) => {
    const usd = tokens[kind as keyof typeof fieldOf];
    return usd === undefined ? [] : [[field, Number(usd)] as const];
  });
  // One of a certain size or quality is not what any edit costs.
  const ofAnyImage = images.find(({ size, quality }) => size === undefined && quality === undefined);
  return Object.fromEntries([
    ...fields,
    ...(ofAnyImage === undefined ? [] : [["output_cost_per_image", Number(ofAnyImage.usd)] as const]),
  ]);
}

/** Of each price of several deployments the highest. */
export function highestPrices(deployments: readonly Deployment[]): Readonly<Record<string, number>> {
  const highest: Record<string, number> = {};
  for (const deployment of deployments)
    for (const [field, usd] of Object.entries(priceFields(deployment)))
      highest[field] = Math.max(highest[field] ?? 0, usd);
  return highest;
}
