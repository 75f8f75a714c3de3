import type { Alias } from "@darkroom/router";
import type { Findings } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import { groupOf, isSkipped, type KnownGroups, unknownGroup } from "./fallbacks.js";
import type { FileSettings } from "./schema.js";

/**
 * `model_group_alias`, by alias. One that has the name of a group hides it, as in LiteLLM, and is told of.
 * @param known without aliases: an alias stands for no other
 */
export function aliasesOf(
  settings: FileSettings,
  root: Located,
  known: KnownGroups,
  findings: Findings,
): Map<string, Alias> {
  const section =
    settings.router_settings.model_group_alias === undefined ? "litellm_settings" : "router_settings";
  const written = Object.entries(settings[section].model_group_alias ?? {});
  const aliases = new Map<string, Alias>();
  for (const [name, entry] of written) {
    const path = [section, "model_group_alias", name];
    const { model, hidden = false } = typeof entry === "string" ? { model: entry } : entry;
    const group = groupOf(model, known);
    if (written.some(([other]) => other === model)) {
      findings.problem(positionOf(root, path), path, `"${model}" is an alias itself; name a model group`);
    } else if (group === undefined) unknownGroup(model, path, root, known, findings);
    else if (isSkipped(group, known)) {
      findings.warn(`the alias "${name}" is left out: the group "${model}" is skipped`);
    } else {
      if (known.served.has(name)) findings.warn(`the alias "${name}" hides the model group of that name`);
      aliases.set(name, { model: group, hidden });
    }
  }
  return aliases;
}
