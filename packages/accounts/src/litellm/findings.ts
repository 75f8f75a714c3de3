import { RowError } from "./litellm-row.js";
import type { Restriction } from "./restrictions.js";

export type ImportedKind =
  | "budget"
  | "organization"
  | "team"
  | "user"
  | "member"
  | "customer"
  | "tag"
  | "key";

/** An organization's members come with it, and are not counted by themselves. */
type FoundKind = ImportedKind | "organization member";

/** Something that does not come as it was. */
export interface Finding {
  readonly kind: FoundKind;
  /** Its alias where it has one, with its id. */
  readonly name: string;
  /** `left out`: it does not come at all. `changed`: it comes, but for this. `kept`: it was here before, and stays as it is. */
  readonly what: "left out" | "changed" | "kept";
  readonly reason: string;
}

/** Collects what does not come as it was, and decides what does not come at all. */
export class Findings {
  readonly #all: Finding[] = [];

  constructor(private readonly allowUnenforced: ReadonlySet<Restriction>) {}

  get all(): readonly Finding[] {
    return this.#all;
  }

  add(kind: FoundKind, name: string, what: Finding["what"], reason: string): void {
    this.#all.push({ kind, name, what, reason });
  }

  unknownRole(kind: FoundKind, name: string, role: string): void {
    this.add(kind, name, "changed", `the role '${role}' is not known here; it becomes internal_user`);
  }

  /**
   * What is made of a row, unless that cannot be, or the row forbids something that nobody here would refuse.
   * @returns undefined where it is left out
   */
  made<Made>(
    kind: FoundKind,
    name: string,
    restrictions: readonly Restriction[],
    make: () => Made,
  ): Made | undefined {
    const refusing = restrictions.filter((restriction) => !this.allowUnenforced.has(restriction));
    if (refusing.length > 0) {
      const list = refusing.join(", ");
      this.add(
        kind,
        name,
        "left out",
        `nobody here would enforce ${list} (--allow-unenforced ${refusing.join(" ")} takes it without)`,
      );
      return undefined;
    }
    for (const restriction of restrictions)
      this.add(kind, name, "changed", `'${restriction}' is not enforced here`);
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      this.add(kind, name, "left out", `it ${error.message}`);
      return undefined;
    }
  }
}
