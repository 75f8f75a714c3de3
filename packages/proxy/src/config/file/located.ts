import type { KeyPath, Position } from "../config-error.js";

/** A configuration file's content in which every value knows where it stands, over all included files. */
export type Located = LocatedScalar | LocatedMap | LocatedList;

export interface LocatedScalar {
  readonly kind: "scalar";
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** The environment variable that the value was taken from. */
  readonly variable?: string;
  /** True where `variable` has no value; `value` is null then. */
  readonly unset?: boolean;
}

export interface LocatedMap {
  readonly kind: "map";
  readonly at: Position;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  /** True where it has a YAML anchor (`&name`), so that it may be there for others to take over. */
  readonly anchored?: boolean;
}

export interface LocatedEntry {
  readonly keyAt: Position;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: "list";
  readonly at: Position;
  readonly items: readonly Located[];
}

/** The value at a path, if there is one. */
export function find(root: Located | undefined, path: KeyPath): Located | undefined {
  return path.reduce<Located | undefined>((node, part) => {
    if (node?.kind === "map") return node.entries.get(String(part))?.value;
    if (node?.kind === "list" && typeof part === "number") return node.items[part];
    return undefined;
  }, root);
}

/** The map at a path; an empty list of entries where there is none. */
export function entriesAt(root: Located, path: KeyPath): ReadonlyMap<string, LocatedEntry> {
  const node = find(root, path);
  return node?.kind === "map" ? node.entries : new Map();
}

/** Where the value at a path stands; for a missing one, where the nearest thing around it stands. */
export function positionOf(root: Located, path: KeyPath): Position {
  for (let length = path.length; length > 0; length--) {
    const node = find(root, path.slice(0, length));
    if (node) return node.at;
  }
  return root.at;
}

/** True where a map in it has an anchor. */
export function hasAnchor(node: Located): boolean {
  if (node.kind === "list") return node.items.some(hasAnchor);
  return (
    node.kind === "map" &&
    (node.anchored === true || [...node.entries.values()].some((it) => hasAnchor(it.value)))
  );
}

/** The bare values, as any YAML reader gives them. Unset variables are left out of maps. */
export function plain(node: Located): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return Object.fromEntries(
    [...node.entries]
      .filter(([, { value }]) => !(value.kind === "scalar" && value.unset))
      .map(([key, { value }]) => [key, plain(value)]),
  );
}

/** Every scalar below a node, with its path. */
export function* scalars(node: Located, path: KeyPath = []): Generator<[KeyPath, LocatedScalar]> {
  if (node.kind === "scalar") yield [path, node];
  else if (node.kind === "list") {
    for (const [index, item] of node.items.entries()) yield* scalars(item, [...path, index]);
  } else for (const [key, { value }] of node.entries) yield* scalars(value, [...path, key]);
}

/** The same tree with every scalar replaced. */
export function mapScalars(node: Located, change: (scalar: LocatedScalar) => LocatedScalar): Located {
  if (node.kind === "scalar") return change(node);
  if (node.kind === "list") return { ...node, items: node.items.map((item) => mapScalars(item, change)) };
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, value: mapScalars(entry.value, change) }] as const,
  );
  return { ...node, entries: new Map(entries) };
}
