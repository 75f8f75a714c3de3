import type { Findings } from "../config-error.js";
import type { Located } from "../file/located.js";
import { groupOf, isSkipped, type KnownGroups, unknownGroup } from "./fallbacks.js";
import type { FileSettings } from "./schema.js";

/** Settings that force a model on image edits, the first counting most: LiteLLM applies it last. */
const forcing = ["completion_model", "image_generation_model"] as const;

/** Which model a request gets whatever it names, and which one if it names none. */
export function modelsForRequests(
  { general_settings: general }: FileSettings,
  root: Located,
  known: KnownGroups,
  findings: Findings,
): { readonly defaultModel?: string; readonly forcedModel?: string } {
  const usable = (
    setting: keyof FileSettings["general_settings"] & `${string}_model`,
  ): string | undefined => {
    const name = general[setting];
    if (name === undefined) return undefined;
    const group = groupOf(name, known);
    if (group === undefined) unknownGroup(name, ["general_settings", setting], root, known, findings);
    else if (isSkipped(group, known)) {
      findings.warn(`general_settings.${setting} is without effect: the group "${name}" is skipped`);
    } else return group;
    return undefined;
  };
  const defaultModel = usable("default_model");
  const [forcedModel] = forcing.map(usable).filter((name) => name !== undefined);
  return {
    ...(defaultModel !== undefined && { defaultModel }),
    ...(forcedModel !== undefined && { forcedModel }),
  };
}
