import type { Catalogue } from "./catalogue.js";

/** The sections of a file. */
export const topLevel: Catalogue = {
  supported: [
    "model_list",
    "router_settings",
    "litellm_settings",
    "general_settings",
    "environment_variables",
    "credential_list",
    "include",
    "quotas", // Darkroom's own
  ],
  harmless: [
    // Other services than image edits.
    "assistant_settings",
    "default_vertex_config",
    "files_settings",
    "finetune_settings",
    "mcp_servers",
    "mcp_tools",
    "search_tools",
    "vector_store_registry",
  ],
  lacking: ["callback_settings", "model_group_alias", "prompts"],
  restricting: { money: [], rate: [], access: ["guardrails", "policies"] },
};
