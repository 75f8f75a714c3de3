import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Findings } from "../config-error.js";
import type { LocatedEntry, LocatedMap } from "./located.js";
import { readYamlFile } from "./yaml-file.js";

/**
 * A configuration file with everything it includes. As in LiteLLM, lists are joined and of two equal settings the
 * later included one counts, and an included file may include others.
 *
 * One thing differs: where a section is in both files, LiteLLM drops the former file's whole section, so that
 * a `general_settings` in an included file silently removes the `master_key`. Here the two are joined, and a warning
 * says so.
 */
export function readWithIncludes(file: string, findings: Findings): LocatedMap | undefined {
  const root = readYamlFile(file, findings);
  if (!root) return undefined;

  let whole = root;
  const seen = new Set([resolve(file)]);
  const waiting = includesOf(root, file, findings);
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const included = pathOf(next, file);
    if (seen.has(resolve(included))) {
      findings.problem(next.entry.value.at, ["include"], `${included} is included twice`);
      continue;
    }
    seen.add(resolve(included));
    if (!existsSync(included)) {
      findings.problem(next.entry.value.at, ["include"], `there is no file ${included}`);
      continue;
    }
    const content = readYamlFile(included, findings);
    if (!content) continue;
    whole = joined(whole, content, included, findings);
    waiting.push(...includesOf(content, included, findings));
  }
  return whole;
}

interface Include {
  readonly name: string;
  readonly from: string;
  readonly entry: LocatedEntry;
}

function includesOf(map: LocatedMap, from: string, findings: Findings): Include[] {
  const entry = map.entries.get("include");
  if (!entry) return [];
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  return items.flatMap((item) => {
    if (item.kind === "scalar" && typeof item.value === "string") return [{ name: item.value, from, entry }];
    findings.problem(item.at, ["include"], "expected a list of file names");
    return [];
  });
}

/** Beside the including file; LiteLLM looks beside the first file, so that is tried next. */
function pathOf({ name, from }: Include, first: string): string {
  if (isAbsolute(name)) return name;
  const beside = join(dirname(from), name);
  return existsSync(beside) ? beside : join(dirname(first), name);
}

function joined(former: LocatedMap, latter: LocatedMap, file: string, findings: Findings): LocatedMap {
  const entries = new Map(former.entries);
  for (const [key, entry] of latter.entries) {
    const before = former.entries.get(key)?.value;
    const value = entry.value;
    if (key === "include") continue;
    if (before?.kind === "list" && value.kind === "list") {
      entries.set(key, { ...entry, value: { ...before, items: [...before.items, ...value.items] } });
    } else if (before?.kind === "map" && value.kind === "map") {
      entries.set(key, {
        ...entry,
        value: { ...before, entries: new Map([...before.entries, ...value.entries]) },
      });
      findings.warn(
        `${file}:${entry.keyAt.line}:${entry.keyAt.column}: ${key} is in ${before.at.file} too: the two are joined, and settings of ${file} count more (LiteLLM would drop those of ${before.at.file})`,
      );
    } else entries.set(key, entry);
  }
  return { ...former, entries };
}
