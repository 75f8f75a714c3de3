import { InvalidRequestError } from "./invalid-request-error.js";
import { type Part, partText } from "./part.js";

/** Fields that decide about cost: two different values could be read differently here and upstream. */
const decidingFields = ["n", "size", "quality", "stream", "partial_images", "input_fidelity"] as const;

/**
 * The fields of a form by name, as text. A field sent several times counts by its last value, as in LiteLLM.
 * Bracketed fields (`tags[]`, `tags[0]`) are read under the name before the last bracket, as a list in the order they
 * came: `metadata[tags][]` as `metadata[tags]`.
 */
export class FormValues {
  readonly #fields = new Map<string, Part[]>();
  readonly #lists = new Map<string, Part[]>();

  /** @throws InvalidRequestError where a field that decides about cost has two values */
  constructor(parts: readonly Part[]) {
    for (const part of parts) {
      if (part.fileName !== undefined) continue;
      const listName = part.name.endsWith("]") ? /^(.+)\[\d*\]$/.exec(part.name)?.[1] : undefined;
      const [byName, name] = listName === undefined ? [this.#fields, part.name] : [this.#lists, listName];
      const earlier = byName.get(name);
      if (earlier === undefined) byName.set(name, [part]);
      else earlier.push(part);
    }
    for (const name of decidingFields) this.#refuseTwoValues(name);
  }

  /** The text of field `name`, else the list of its bracketed pieces, else undefined. */
  valueOf(name: string): string | readonly string[] | undefined {
    const last = this.#fields.get(name)?.at(-1);
    return last === undefined ? this.#lists.get(name)?.map(partText) : partText(last);
  }

  #refuseTwoValues(name: string): void {
    const parts = this.#fields.get(name) ?? [];
    if (parts.length < 2 || new Set(parts.map(partText)).size < 2) return;
    throw new InvalidRequestError(`Field '${name}' was sent more than once with different values.`, {
      field: name,
      code: "duplicate_field",
    });
  }
}
