import { hint } from "../catalogue/nearest.js";
import type { Findings, KeyPath } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import type { FileSettings } from "./schema.js";

/** The group names that fallbacks may be held against. */
export interface KnownGroups {
  /** Groups with a deployment, or with one that is invalid. */
  readonly served: ReadonlySet<string>;
  /** Groups that the file has but Darkroom skips, such as chat models. */
  readonly skipped: ReadonlySet<string>;
  /** Ids of single deployments. */
  readonly ids: ReadonlySet<string>;
  /** Each alias with what it stands for. */
  readonly aliases: ReadonlyMap<string, string>;
}

type Section = "router_settings" | "litellm_settings";

/** Groups to go on in, by the group that failed; `*` stands for every group without a list. */
type Fallbacks = Map<string, readonly string[]>;

/** What names of groups are held against. */
interface Names {
  readonly root: Located;
  readonly known: KnownGroups;
  readonly findings: Findings;
}

/**
 * `fallbacks` and `default_fallbacks` as one map, `*` being the default. Of two lists for one group the first counts;
 * `default_fallbacks` count more than a `*` in `fallbacks`, as in LiteLLM.
 */
export function fallbacksOf(
  settings: FileSettings,
  root: Located,
  known: KnownGroups,
  findings: Findings,
): Fallbacks {
  const names = { root, known, findings };
  const result = listed(settings, "fallbacks", names);
  const section = sectionWith(settings, "default_fallbacks");
  if (section !== undefined) {
    const groups = settings[section].default_fallbacks ?? [];
    result.set("*", targets(groups, [section, "default_fallbacks"], "every group", names));
  }
  return result;
}

/** `content_policy_fallbacks`. */
export function contentPolicyFallbacksOf(
  settings: FileSettings,
  root: Located,
  known: KnownGroups,
  findings: Findings,
): Fallbacks {
  return listed(settings, "content_policy_fallbacks", { root, known, findings });
}

function listed(
  settings: FileSettings,
  name: "fallbacks" | "content_policy_fallbacks",
  names: Names,
): Fallbacks {
  const { root, known, findings } = names;
  const result: Fallbacks = new Map();
  const section = sectionWith(settings, name);
  if (section === undefined) return result;
  const bare: string[] = [];
  for (const [index, entry] of (settings[section][name] ?? []).entries()) {
    const path = [section, name, index];
    if (typeof entry === "string") {
      bare.push(...(target(entry, path, "every group", root, known, findings) ?? []));
      continue;
    }
    for (const [key, groups] of Object.entries(entry)) {
      const group = key === "*" ? key : groupOf(key, known);
      if (group === undefined) unknownGroup(key, [...path, key], root, known, findings);
      else if (!isSkipped(group, known) && !result.has(group)) {
        result.set(group, targets(groups, [...path, key], key, names));
      }
    }
  }
  if (bare.length > 0) result.set("*", bare);
  return result;
}

function targets(groups: readonly string[], path: KeyPath, of: string, names: Names): string[] {
  const { root, known, findings } = names;
  return groups.flatMap((group, index) => target(group, [...path, index], of, root, known, findings) ?? []);
}

/**
 * What a name stands for: what it is an alias of, itself, a group that differs by its provider prefix only, one
 * deployment by its id, or a model of a wildcard.
 */
export function groupOf(name: string, known: KnownGroups): string | undefined {
  const { served, skipped, ids, aliases } = known;
  const alias = aliases.get(name);
  if (alias !== undefined) return alias;
  if (served.has(name)) return name;
  const prefixed = [...served].find((group) => group.slice(group.indexOf("/") + 1) === name);
  if (prefixed !== undefined) return prefixed;
  if (skipped.has(name) || ids.has(name)) return name;
  const wildcard = [...served].some((group) => group.endsWith("*") && name.startsWith(group.slice(0, -1)));
  return wildcard ? name : undefined;
}

export function unknownGroup(
  name: string,
  path: KeyPath,
  root: Located,
  { served, aliases }: KnownGroups,
  findings: Findings,
): void {
  const text = `there is no model group "${name}"${hint(name, [...served, ...aliases.keys()])}`;
  findings.problem(positionOf(root, path), path, text);
}

/** True for a group that the file has and Darkroom serves no part of. */
export function isSkipped(group: string, { served, skipped }: KnownGroups): boolean {
  return skipped.has(group) && !served.has(group);
}

/** The group that a fallback names, as a list of one; nothing where it is skipped or unknown. */
function target(
  name: string,
  path: KeyPath,
  of: string,
  root: Located,
  known: KnownGroups,
  findings: Findings,
): readonly string[] | undefined {
  const group = groupOf(name, known);
  if (group === undefined) {
    unknownGroup(name, path, root, known, findings);
    return undefined;
  }
  if (!isSkipped(group, known)) return [group];
  findings.warn(`the fallback "${name}" of ${of} is left out: that group is skipped`);
  return undefined;
}

function sectionWith(
  settings: FileSettings,
  name: "fallbacks" | "default_fallbacks" | "content_policy_fallbacks",
): Section | undefined {
  const sections: Section[] = ["router_settings", "litellm_settings"];
  return sections.find((section) => settings[section][name] !== undefined);
}
