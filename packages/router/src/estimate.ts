import {
  type EditEstimate,
  type PlannedEdit,
  estimateOfEdit,
  mostTokensOfEdit,
} from "@darkroom/cost-calculator";
import type { Deployment } from "./deployments/deployment.js";
import { isOneOf, knownModelOf } from "./deployments/known-model.js";
import { parametersFor } from "./parameters-for.js";
import type { EditRequest } from "./request.js";

/** What an estimate looks at of a request. */
type Edit = Pick<EditRequest, "parameters" | "body" | "sizeFit">;

/** An edit as it would be if this deployment served it. Reads the headers of its images, once for all deployments. */
export function plannedEdit(edit: Edit, deployment: Deployment): PlannedEdit {
  return { ...parametersFor(edit, deployment), ...edit.body.inputs(), model: knownModelOf(deployment) };
}

/** The most that an edit costs if this deployment serves it; null where no price bounds it. */
export function estimateOf(edit: Edit, deployment: Deployment): EditEstimate | null {
  return estimateOfEdit(plannedEdit(edit, deployment), deployment.prices);
}

/** Of the models whose counting is known, it counts the most. */
const dearestCounting = "gpt-image-2";

/**
 * The tokens that an upstream may count for an edit, at most. A model of which nobody knows how it counts is taken for
 * the dearest that is known; dall-e counts none.
 */
export function mostTokensOf(edit: Edit, deployment: Deployment): number {
  if (isOneOf(knownModelOf(deployment), ["dall-e"])) return 0;
  const planned = plannedEdit(edit, deployment);
  const standIn = { ...planned, model: dearestCounting };
  return (
    mostTokensOfEdit(planned) ??
    mostTokensOfEdit(standIn) ??
    mostTokensOfEdit({ ...standIn, size: undefined, quality: undefined }) ??
    0
  );
}
