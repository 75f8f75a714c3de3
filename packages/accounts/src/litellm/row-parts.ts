import type { Metadata } from "../directory/records.js";
import type { LiteLlmRow } from "./litellm-row.js";

/** For people. */
export function named(id: string, alias: string | undefined): string {
  return alias === undefined || alias === id ? id : `${alias} (${id})`;
}

/** Models by the name that somebody calls them. */
export function aliasesOf(row: LiteLlmRow): Readonly<Record<string, string>> {
  return Object.fromEntries(
    row.names.flatMap((name) => {
      const model = row.text(name);
      return model === undefined ? [] : [[name, model]];
    }),
  );
}

/** What stands in fields of its own here is not kept twice. */
const inFields = new Set([
  ...[
    "tags",
    "model_rpm_limit",
    "model_tpm_limit",
    "temp_budget_increase",
    "temp_budget_expiry",
    "soft_budget",
  ],
  "team_member_budget_id",
]);

/** What of LiteLLM's metadata is its owner's own. */
export function plain(metadata: LiteLlmRow): Metadata {
  return Object.fromEntries(Object.entries(metadata.toJSON()).filter(([name]) => !inFields.has(name)));
}
