import type { LiteLlmRow } from "./litellm-row.js";

/** What LiteLLM forbids by a setting that nobody here would obey: its name, as `--allow-unenforced` takes it. */
export type Restriction = string;

/** Routes of keys that may edit images: LiteLLM's names for groups of routes, and the routes themselves. */
const editingRoutes = [
  /^llm_api_routes$/,
  /^openai_routes$/,
  /images\/edits/,
  /^\/?\*$/,
  /^\/(v1\/)?images\/?\*$/,
];

const guarding = ["guardrails", "enforced_params", "policies", "prompts"];

/** Settings of a key that forbid something, by name. */
export function restrictionsOfKey(key: LiteLlmRow): readonly Restriction[] {
  const routes = key.texts("allowed_routes");
  return [
    ...(routes.length > 0 && !routes.some((route) => editingRoutes.some((form) => form.test(route)))
      ? ["allowed_routes"]
      : []),
    ...filled(key, ["project_id", "agent_id", "access_group_ids"]),
    ...restrictionsOf(key),
  ];
}

/** Of a team, a key or another record. */
export function restrictionsOf(row: LiteLlmRow): readonly Restriction[] {
  return [...filled(row, ["policies", "permissions"]), ...filled(row.object("metadata"), guarding)];
}

/** Those that hold something. */
export function filled(row: LiteLlmRow, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const value = row.value(name);
    return typeof value === "object" && value !== null
      ? Object.keys(value).length > 0
      : value !== undefined && value !== "";
  });
}
