import type { Deployment } from "./deployments/deployment.js";
import { fittedSize } from "./sizes/fitted-size.js";
import type { EditParameters, EditRequest } from "./request.js";

const fieldOf: Readonly<Partial<Record<keyof EditParameters, string>>> = {
  quality: "quality",
  partialImages: "partial_images",
  inputFidelity: "input_fidelity",
};

/** What an edit asks of this deployment: without what is left out for it, and in the size that it is to draw. */
export function parametersFor(
  edit: Pick<EditRequest, "parameters" | "body" | "sizeFit">,
  deployment: Deployment,
): EditParameters {
  const parameters = withoutDropped(edit, deployment);
  const fitted = fittedSize(edit, deployment);
  return fitted === undefined ? parameters : { ...parameters, size: fitted.drawn };
}

function withoutDropped(
  { parameters, body }: Pick<EditRequest, "parameters" | "body">,
  deployment: Deployment,
): EditParameters {
  const dropped = body.droppedFor(deployment);
  if (dropped.length === 0) return parameters;
  const left = Object.entries(parameters).filter(
    ([name]) => !dropped.includes(fieldOf[name as keyof EditParameters] ?? ""),
  );
  return Object.fromEntries(left) as unknown as EditParameters;
}
