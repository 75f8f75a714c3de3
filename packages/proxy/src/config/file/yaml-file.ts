import { readFileSync } from "node:fs";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type ScalarTag,
  type Tags,
  type YAMLMap,
} from "yaml";
import type { Findings, Position } from "../config-error.js";
import type { Located, LocatedEntry, LocatedMap } from "./located.js";

/** Deeper than any real configuration: an anchor that contains itself ends here. */
const deepest = 100;

/**
 * Reads one YAML file as LiteLLM's reader (PyYAML) does: YAML 1.1, merge keys and anchors, the last of two equal
 * keys counts. Two differences to the `yaml` package's YAML 1.1: a bare `y` or `n` is a string, and what looks like
 * a date (`api_version: 2025-04-01`) stays text.
 */
export function readYamlFile(file: string, findings: Findings): LocatedMap | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    findings.problem(
      { file },
      [],
      `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
    return undefined;
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), {
    version: "1.1",
    lineCounter,
    prettyErrors: false,
    customTags: tagsOfPyYaml,
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const at = positionAt(pos[0]);
    if (code === "DUPLICATE_KEY") {
      findings.warn(`${file}:${at.line}:${at.column}: this key is there twice; the last one counts`);
    } else findings.problem(at, [], `not valid YAML: ${withoutSource(message)}`);
  }
  if (findings.problems.length > 0) return undefined;

  const content = document.contents;
  if (!content) {
    findings.problem({ file, line: 1, column: 1 }, [], "the file is empty");
    return undefined;
  }
  try {
    const root = locate(content, document, positionAt, 0);
    if (root.kind === "map") return root;
    findings.problem(root.at, [], "expected settings (`model_list: …`) at the top of the file");
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    findings.problem(error.at, [], error.message);
  }
  return undefined;
}

class Unreadable extends Error {
  constructor(
    readonly at: Position,
    message: string,
  ) {
    super(message);
  }
}

type PositionAt = (offset: number) => Position;

function locate(node: ParsedNode, document: Document.Parsed, positionAt: PositionAt, depth: number): Located {
  const at = positionAt(node.range[0]);
  if (depth > deepest) throw new Unreadable(at, "nested too deeply, or an anchor contains itself");
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (!target) throw new Unreadable(at, `not valid YAML: there is no anchor &${node.source} before this`);
    return locate(target as unknown as ParsedNode, document, positionAt, depth + 1);
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => locate(item, document, positionAt, depth + 1));
    return { kind: "list", at, items };
  }
  if (isMap(node)) {
    const entries = entriesOf(node, document, positionAt, depth);
    return { kind: "map", at, entries, anchored: node.anchor !== undefined };
  }
  const { value } = node;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return { kind: "scalar", at, value };
  }
  return { kind: "scalar", at, value: null };
}

function entriesOf(
  map: YAMLMap.Parsed,
  document: Document.Parsed,
  positionAt: PositionAt,
  depth: number,
): Map<string, LocatedEntry> {
  const own = new Map<string, LocatedEntry>();
  const merged = new Map<string, LocatedEntry>();
  for (const { key, value } of map.items) {
    const keyAt = positionAt(key.range[0]);
    const located: Located = value
      ? locate(value, document, positionAt, depth + 1)
      : { kind: "scalar", at: keyAt, value: null };
    if (isScalar(key) && key.source === "<<" && key.type === "PLAIN") {
      // Among merged maps the first one counts; the map's own keys count more than any of them.
      for (const source of located.kind === "list" ? located.items : [located]) {
        if (source.kind !== "map") continue;
        for (const [name, entry] of source.entries) if (!merged.has(name)) merged.set(name, entry);
      }
    } else own.set(isScalar(key) ? key.source : String(key), { keyAt, value: located });
  }
  return new Map([...merged, ...own]);
}

/** Some of the parser's messages quote the file, which may hold a key. */
function withoutSource(message: string): string {
  return message.replace(/["'`].*$/s, "").replace(/[\s:]+$/, "");
}

const booleans: ScalarTag[] = [
  {
    tag: "tag:yaml.org,2002:bool",
    default: true,
    test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
    resolve: () => true,
  },
  {
    tag: "tag:yaml.org,2002:bool",
    default: true,
    test: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/,
    resolve: () => false,
  },
];

function tagsOfPyYaml(tags: Tags): Tags {
  const others = tags.filter(
    (tag) => typeof tag === "string" || !/:(bool|timestamp|binary|omap|pairs|set)$/.test(tag.tag),
  );
  return [...booleans, ...others];
}
