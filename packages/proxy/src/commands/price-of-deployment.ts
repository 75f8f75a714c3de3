import {
  type EditEstimate,
  type ImagePrice,
  type NanoUsd,
  costOfEdit,
  listPrices,
  missingEstimate,
  pricesOf,
} from "@darkroom/cost-calculator";
import { type Deployment, type EditRequest, estimateOf, knownModelOf, plannedEdit } from "@darkroom/router";

interface Named {
  readonly group: string;
  /** Its id. */
  readonly deployment: string;
  readonly model: string;
}

/** What an edit costs with one deployment. */
export interface PricedDeployment extends Named {
  readonly atMost: EditEstimate;
  /** The listed price of the images returned, where size and quality leave no choice; the input comes on top. */
  readonly listed: NanoUsd | undefined;
}

/** A deployment that nothing bounds the cost of. */
export interface UnpricedDeployment extends Named {
  /** Why, and what to set. */
  readonly reason: string;
}

export function pricedFor(
  edit: Pick<EditRequest, "parameters" | "body">,
  deployment: Deployment,
): PricedDeployment | UnpricedDeployment {
  const named = { group: deployment.group, deployment: deployment.id, model: deployment.model };
  const atMost = estimateOf(edit, deployment);
  if (atMost === null) return { ...named, reason: whyUnknown(edit, deployment) };
  return { ...named, atMost, listed: listPriceOfImages(edit, deployment) };
}

function whyUnknown(edit: Pick<EditRequest, "parameters" | "body">, deployment: Deployment): string {
  if (deployment.model.endsWith("*")) return "it stands for many models; name one with --model";
  const missing = missingEstimate(plannedEdit(edit, deployment), deployment.prices);
  if (missing === null) throw new TypeError("an edit without an estimate and without a reason");
  return `${missing.reason}. Set its prices, or ${missing.setting}, in its litellm_params or in general_settings.price_map`;
}

function listPriceOfImages(
  { parameters: { size, quality, n } }: Pick<EditRequest, "parameters">,
  deployment: Deployment,
): NanoUsd | undefined {
  const model = knownModelOf(deployment);
  const { prices = listPrices } = deployment;
  const images = pricesOf(model, prices)?.images ?? [];
  if (isOpen("size", size, images) || isOpen("quality", quality, images)) return undefined;
  return costOfEdit({ model, size, quality, images: n }, prices)?.nanoUsd;
}

/** Whether the price depends on what the request leaves to the model. */
function isOpen(by: "size" | "quality", value: string | undefined, images: readonly ImagePrice[]): boolean {
  return (value === undefined || value === "auto") && images.some((image) => image[by] !== undefined);
}
