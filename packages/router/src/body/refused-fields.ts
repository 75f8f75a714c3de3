import { isOneOf } from "../deployments/known-model.js";

/** Which fields a model answers with an error instead of ignoring them, by the start of its name. */
const refusals: readonly { readonly models: readonly string[]; readonly fields: readonly string[] }[] = [
  // These models always answer with base64 and refuse to be told so; LiteLLM and older code tell them.
  { models: ["gpt-image-", "chatgpt-image-"], fields: ["response_format"] },
];

const refusable: ReadonlySet<string> = new Set(refusals.flatMap(({ fields }) => fields));

/** Whether any model refuses a field of this name. */
export function isRefusable(field: string): boolean {
  return refusable.has(field);
}

/** The fields that `model` refuses. */
export function refusedFields(model: string): readonly string[] {
  return refusals.filter(({ models }) => isOneOf(model, models)).flatMap(({ fields }) => fields);
}
