import { type Findings, type KeyPath, nameOf } from "../config-error.js";
import { type Located, scalars } from "../file/located.js";
import { generalSettings } from "../catalogue/general-settings.js";
import { litellmSettings } from "../catalogue/litellm-settings.js";
import { routerSettings } from "../catalogue/router-settings.js";

/** Settings that guard something: without their variable the gateway would be open where it should not be. `master_key` has checks of its own. */
const guards = [
  "litellm_key_header_name",
  "require_auth_for_metrics_endpoint",
  "enable_tag_filtering",
  "tag_filtering_match_any",
  "redis_url",
  "redis_host",
];

const sections = {
  general_settings: generalSettings,
  litellm_settings: litellmSettings,
  router_settings: routerSettings,
};

/** Says which settings outside `model_list` name a variable that is not set. As in LiteLLM, their defaults hold then. */
export function reportUnsetVariables(root: Located, findings: Findings): void {
  for (const [path, { at, unset, variable }] of scalars(root)) {
    if (!unset || !isSupported(path) || path[1] === "master_key") continue;
    const message = `the environment variable ${variable} is not set`;
    if (guards.includes(String(path[1]))) findings.problem(at, path, message);
    else findings.warn(`${at.file}:${at.line}:${at.column}: ${nameOf(path)}: ${message}; the default holds`);
  }
}

function isSupported([section, name]: KeyPath): boolean {
  const catalogue = Object.entries(sections).find(([known]) => known === section)?.[1];
  return catalogue !== undefined && catalogue.supported.includes(String(name));
}
