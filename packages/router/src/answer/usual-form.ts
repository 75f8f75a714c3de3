import { refusedFields } from "../body/refused-fields.js";
import { isOneOf } from "../deployments/known-model.js";
import type { ImageForm } from "./answer-layout.js";

const inUrls = ["dall-e-2"];

/**
 * How a model gives its images where `response_format` is not said; undefined for a model that is not known. By OpenAI's
 * specification v2.3.0: dall-e-2 in URLs, GPT image models always in base64, whence they refuse the field.
 */
export function usualForm(model: string): ImageForm | undefined {
  if (isOneOf(model, inUrls)) return "url";
  return refusedFields(model).includes("response_format") ? "b64_json" : undefined;
}
