import type { Deployment } from "./deployments/deployment.js";
import type { EditParameters, EditRequest } from "./request.js";

const fieldOf: Readonly<Partial<Record<keyof EditParameters, string>>> = {
  quality: "quality",
  partialImages: "partial_images",
  inputFidelity: "input_fidelity",
};

/** What an edit asks of this deployment: without what is left out for it. */
export function parametersFor(
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
