import { isImageForm } from "../answer/answer-layout.js";
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

/**
 * Whether a refused field is left out with this value, since the client can do without it or gets it in another way. Any other
 * value is a mistake, which the upstream tells in its own words.
 */
export function isLeftOut(value: unknown): boolean {
  return value === null || isImageForm(value);
}

/** The fields that `model` refuses. */
export function refusedFields(model: string): readonly string[] {
  return refusals.filter(({ models }) => isOneOf(model, models)).flatMap(({ fields }) => fields);
}
