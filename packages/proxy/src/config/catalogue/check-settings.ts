import type { Findings, KeyPath } from "../config-error.js";
import { hasAnchor, type Located, type LocatedEntry } from "../file/located.js";
import { type Catalogue, namesOf, type Restriction, restrictions, standingOf } from "./catalogue.js";
import { generalSettings } from "./general-settings.js";
import { litellmSettings } from "./litellm-settings.js";
import { litellmParams, modelEntry, modelInfo } from "./model-settings.js";
import { hint, isClose, nearest } from "./nearest.js";
import { routerSettings } from "./router-settings.js";
import { topLevel } from "./top-level.js";

const sections: Readonly<Record<string, Catalogue>> = {
  router_settings: routerSettings,
  litellm_settings: litellmSettings,
  general_settings: generalSettings,
};

/** Holds the settings of a file against the catalogue. */
export class SettingsCheck {
  readonly #lacking = new Set<string>();
  readonly #unenforced = new Set<string>();

  constructor(
    readonly findings: Findings,
    readonly allowUnenforced: readonly string[],
  ) {
    const known = [topLevel, modelEntry, litellmParams, modelInfo, ...Object.values(sections)].flatMap(
      (catalogue) => [
        ...restrictions.flatMap((kind) => catalogue.restricting[kind]),
        ...Object.keys(catalogue.restrictingValues ?? {}),
      ],
    );
    for (const name of allowUnenforced.map(lastPart).filter((name) => !known.includes(name))) {
      findings.problem(
        { file: "--allow-unenforced" },
        [name],
        `not a setting that may go unenforced${hint(name, known)}`,
      );
    }
  }

  /** Checks all but `model_list`, whose entries are checked one by one as they are found to be ours. */
  file(root: Located & { kind: "map" }): void {
    this.#section(root.entries, [], topLevel);
    for (const [name, catalogue] of Object.entries(sections)) {
      const section = root.entries.get(name)?.value;
      if (section?.kind === "map") this.#section(section.entries, [name], catalogue);
    }
  }

  /** Checks one entry of `model_list`. */
  entry(entry: Located & { kind: "map" }, path: KeyPath): void {
    this.#section(entry.entries, path, modelEntry);
    const params = entry.entries.get("litellm_params")?.value;
    if (params?.kind === "map") this.#section(params.entries, [...path, "litellm_params"], litellmParams);
    const info = entry.entries.get("model_info")?.value;
    if (info?.kind === "map") this.#section(info.entries, [...path, "model_info"], modelInfo);
  }

  /** The warnings that gather settings of the whole file. */
  finish(): void {
    if (this.#lacking.size > 0) {
      this.findings.warn(`not supported yet and without effect: ${[...this.#lacking].join(", ")}`);
    }
    if (this.#unenforced.size > 0) {
      this.findings.warn(`not enforced, as --allow-unenforced says: ${[...this.#unenforced].join(", ")}`);
    }
  }

  #section(entries: ReadonlyMap<string, LocatedEntry>, path: KeyPath, catalogue: Catalogue): void {
    for (const [name, entry] of entries) {
      const standing = standingOf(catalogue, name);
      if (standing === "unknown") this.#unknown(name, entry, path, catalogue);
      else if (standing === "lacking") this.#lack(name, entry, path, catalogue);
      else if (standing !== "supported" && standing !== "harmless")
        this.#restrict(name, entry, path, standing);
    }
  }

  #lack(name: string, entry: LocatedEntry, path: KeyPath, catalogue: Catalogue): void {
    const values = wordsOf(entry.value);
    const refusing = catalogue.restrictingValues?.[name]?.filter((value) => values.includes(value)) ?? [];
    if (refusing.length > 0) return this.#restrict(name, entry, path, "access", refusing);
    const inert = catalogue.inert?.[name];
    if (isOff(entry.value) || (inert && values.every((value) => inert.includes(value)))) return;
    this.#lacking.add(shortName(path, name));
  }

  #restrict(
    name: string,
    { keyAt, value }: LocatedEntry,
    path: KeyPath,
    kind: Restriction,
    words: string[] = [],
  ): void {
    if (isOff(value)) return;
    const allowed = this.allowUnenforced.some((it) => it === name || it === shortName(path, name));
    if (allowed) {
      this.#unenforced.add(shortName(path, name));
      return;
    }
    const what =
      words.length > 0
        ? `${words.join(", ")}: not supported yet, and restricts requests`
        : `not supported yet, and restricts ${kind}`;
    this.findings.problem(
      keyAt,
      [...path, name],
      `${what}; remove it, or start without it by --allow-unenforced ${name}`,
    );
  }

  #unknown(name: string, { keyAt, value }: LocatedEntry, path: KeyPath, catalogue: Catalogue): void {
    const known = namesOf(catalogue);
    const meant = nearest(name, known);
    if (catalogue === modelInfo) {
      if (meant && isClose(name, meant)) {
        this.findings.warn(
          `${keyAt.file}:${keyAt.line}:${keyAt.column}: model_info.${name} is taken as a note of your own; did you mean "${meant}"?`,
        );
      }
      return;
    }
    // A section of no meaning to LiteLLM is where people keep what their entries take over by `<<`.
    const template = catalogue === topLevel && (/^(x-|_|\.)/.test(name) || hasAnchor(value));
    if (template && !(meant && isClose(name, meant))) return;
    const elsewhere = Object.entries({
      ...sections,
      litellm_params: litellmParams,
      model_info: modelInfo,
    }).find(([, other]) => other !== catalogue && standingOf(other, name) !== "unknown");
    const advice = elsewhere ? `; it belongs in ${elsewhere[0]}` : hint(name, known);
    this.findings.problem(keyAt, [...path, name], `unknown setting${advice}`);
  }
}

/** A setting that is written out but switched off asks for nothing. */
function isOff(node: Located): boolean {
  return (
    node.kind === "scalar" &&
    !node.unset &&
    (node.value === null || String(node.value).toLowerCase() === "false")
  );
}

function wordsOf(node: Located): string[] {
  const items = node.kind === "list" ? node.items : [node];
  return items.map((item) => (item.kind === "scalar" ? String(item.value) : ""));
}

/** `litellm_params.rpm` for `model_list[3].litellm_params.rpm`: the same for all entries. */
function shortName(path: KeyPath, name: string): string {
  const section = path.findLast((part) => typeof part === "string");
  return section === undefined ? name : `${section}.${name}`;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
