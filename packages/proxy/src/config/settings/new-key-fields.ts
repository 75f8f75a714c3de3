import { z } from "zod";
import { ignoredKeyFields, keyFields, lackingKeyFields } from "../../routes/management/key-fields.js";
import { boundedFields } from "../../routes/management/new-key-parameters.js";
import { nearest } from "../catalogue/nearest.js";

/*
 * Fields of keys that are made later. They are held against what validates `/key/generate` already at the start: a bound that is
 * misspelt would bound nothing, and nobody would know.
 */

/** LiteLLM's `default_key_generate_params`. */
export const defaultFields = fieldsAmong(
  Object.keys(keyFields),
  [...lackingKeyFields, ...ignoredKeyFields],
  "a field of /key/generate",
);

/** LiteLLM's `upperbound_key_generate_params`. */
export const boundFields = fieldsAmong(boundedFields, [], "a field with an upper bound");

/** @param asLater checked when a key is made: most ask for nothing */
function fieldsAmong(names: readonly string[], asLater: readonly string[], what: string) {
  return z
    .record(z.string(), z.unknown(), { error: "expected a map of the fields of /key/generate" })
    .superRefine((given, context) => {
      for (const [name, value] of Object.entries(given)) {
        if (asLater.includes(name) || value === null) continue;
        if (!names.includes(name)) {
          const message = `expected ${what}, such as ${nearest(name, names) ?? ""}`;
          context.addIssue({ code: "custom", path: [name], message });
          continue;
        }
        const { error } = keyFields[name as keyof typeof keyFields].safeParse(value);
        for (const { path, message } of error?.issues ?? [])
          context.addIssue({ code: "custom", path: [name, ...path], message });
      }
    });
}
