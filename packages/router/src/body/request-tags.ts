import type { ValueOf } from "./edit-parameters.js";
import { InvalidRequestError } from "./invalid-request-error.js";

const mostTags = 100;

/**
 * The tags of a request, from where LiteLLM takes them: `tags`, else `metadata.tags`, else `litellm_metadata.tags`. In
 * forms these are JSON text or bracketed fields (`tags[]`, `metadata[tags][]`); `tags` may be names between commas too.
 * @throws InvalidRequestError with the field's name
 */
export function requestTags(valueOf: ValueOf): readonly string[] | undefined {
  const own = valueOf("tags");
  if (own !== undefined && own !== null)
    return listOfTags("tags", typeof own === "string" ? parsed(own) : own);
  for (const field of ["metadata", "litellm_metadata"]) {
    const tags = tagsWithin(valueOf(field)) ?? valueOf(`${field}[tags]`);
    if (tags !== undefined && tags !== null) return listOfTags(field, tags);
  }
  return undefined;
}

/** Names between commas, as in LiteLLM's header `x-litellm-tags`. */
export function tagsFromText(text: string): string[] {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

function parsed(text: string): unknown {
  return text.trimStart().startsWith("[") ? parsedJson(text) : tagsFromText(text);
}

/** Metadata that is no JSON is the client's own note. */
function tagsWithin(metadata: unknown): unknown {
  const value = typeof metadata === "string" ? parsedJson(metadata) : metadata;
  return typeof value === "object" && value !== null && "tags" in value ? value.tags : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listOfTags(field: string, value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length <= mostTags;
  if (isList && value.every((tag): tag is string => typeof tag === "string")) return value;
  const of = field === "tags" ? "" : ` of '${field}'`;
  throw new InvalidRequestError(
    `Invalid value for 'tags'${of}: expected a list of at most ${mostTags} strings.`,
    { field, code: "invalid_value" },
  );
}
