import type { Configuration } from "../configuration.js";
import type { Submission } from "../submission/submission.js";
import { RefusedError } from "../validation/refusal.js";
import { azureRefusals } from "./azure-refusals.js";
import type { AzureRoute } from "./azure-route.js";

/**
 * An edit at Azure as its model is asked for it: the model is the deployment's, whatever the body's `model` says in the
 * deployment form. Without `quality` it is high, of gpt-image-1-mini medium; webp is not answered (Microsoft's how-to).
 * @throws RefusedError
 */
export function deployedEdit(
  submission: Submission,
  { deployment }: AzureRoute,
  { azure, models }: Configuration,
): Submission {
  const name = deployment ?? submission.fields.get("model");
  const id =
    typeof name === "string" && Object.hasOwn(azure.deployments, name) ? azure.deployments[name] : undefined;
  if (id === undefined) throw new RefusedError(azureRefusals.unknownDeployment());
  if (submission.fields.get("output_format") === "webp") throw new RefusedError(azureRefusals.noWebp());
  const family = models.find((model) => model.id === id)?.family;
  const quality = family === "gpt-image-1-mini" ? "medium" : "high";
  return { ...submission, fields: new Map([["quality", quality], ...submission.fields, ["model", id]]) };
}
