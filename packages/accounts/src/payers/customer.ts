import { hasControlCharacters, longestId } from "../directory/ids.js";
import type { RequestHeaders } from "../authentication/key-from-headers.js";

/** Where a request can name the customer (LiteLLM: the end user) that it is made for. */
export interface CustomerSettings {
  /** Headers of the operator's choice (`user_header_mappings`, then `user_header_name`), in any case. */
  readonly headerNames: readonly string[];
}

/** @param field what a body has under a name; of a form, bracketed fields count as its members */
export type FieldOf = (field: string) => unknown;

/**
 * The customer that a request names; `undefined` where it names none. The first one found counts, in LiteLLM's order:
 * `x-litellm-customer-id`, `x-litellm-end-user-id`, the operator's headers, then of the body `user`,
 * `litellm_metadata.user`, `metadata.user_id`, `safety_identifier`.
 *
 * @throws RangeError for an id that is longer than 256 characters, or has control characters
 */
export function customerOf(
  headers: RequestHeaders,
  fieldOf: FieldOf,
  { headerNames }: CustomerSettings,
): string | undefined {
  const names = ["x-litellm-customer-id", "x-litellm-end-user-id", ...headerNames];
  const candidates = [
    ...names.map((name) => () => headerText(headers[name.toLowerCase()])),
    () => fieldOf("user"),
    () => memberOf(fieldOf, "litellm_metadata", "user"),
    () => memberOf(fieldOf, "metadata", "user_id"),
    () => fieldOf("safety_identifier"),
  ];
  for (const candidate of candidates) {
    const id = textOf(candidate());
    if (id === undefined) continue;
    if (id.length > longestId) throw new RangeError(`a customer's id has at most ${longestId} characters`);
    // Nobody could block or limit them: the management API takes no such ids.
    if (hasControlCharacters(id)) throw new RangeError("a customer's id has no control characters");
    return id;
  }
  return undefined;
}

/** Node reads headers byte by byte; what is well-formed UTF-8 is the text that a body would have had. */
function headerText(value: unknown): unknown {
  if (typeof value !== "string" || !/[\x80-\xff]/.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\u{fffd}") ? value : text;
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.trim() === "") return undefined;
  return text.trim();
}

/** A member of a field that is an object, JSON text, or written out with brackets. */
function memberOf(fieldOf: FieldOf, field: string, member: string): unknown {
  const value = fieldOf(field);
  const object = typeof value === "string" ? parsed(value) : value;
  if (typeof object === "object" && object !== null && member in object)
    return (object as Record<string, unknown>)[member];
  return fieldOf(`${field}[${member}]`);
}

/** Metadata that is no JSON is the client's own note. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
