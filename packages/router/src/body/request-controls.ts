import { secondsAsMilliseconds, truth, type ValueOf, wholeNumber } from "./edit-parameters.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { requestTags } from "./request-tags.js";

/** What a request may set for itself, by its own control fields. Absent: the router's settings hold. */
export interface RequestControls {
  /** `num_retries`. */
  readonly retries?: number;
  /** `timeout`, sent in seconds. */
  readonly timeoutMs?: number;
  /** `drop_params`: whether fields that a deployment does not support are left out for it. */
  readonly dropParams?: boolean;
  /** `fallbacks`: groups to go on in. An empty list asks for none, as `disable_fallbacks` does. */
  readonly fallbacks?: readonly string[];
  /** `mock_testing_fallbacks`. */
  readonly rehearsesFallbacks?: boolean;
  /** `tags`, else those of `metadata` or `litellm_metadata`. */
  readonly tags?: readonly string[];
  /** `size_fit`: whether a size that the model does not draw may be made of one that it does. */
  readonly sizeFit?: boolean;
  /** `priority`: who goes first where requests wait for limits; the lowest number does. */
  readonly priority?: number;
}

const mostRetries = 100;
const mostTimeoutSeconds = 86_400;
const mostFallbacks = 100;
const mostPriority = 1_000_000;

function invalidFallbacks(): InvalidRequestError {
  return new InvalidRequestError(
    `Invalid value for 'fallbacks': expected a list of at most ${mostFallbacks} model names.`,
    { field: "fallbacks", code: "invalid_value" },
  );
}

function parsedFallbacks(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    throw invalidFallbacks();
  }
}

function fallbackGroups(value: unknown): readonly string[] | undefined {
  const list = parsedFallbacks(value);
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || list.length > mostFallbacks) throw invalidFallbacks();
  return list.map((item: unknown) => {
    const group = isModelAlone(item) ? item.model : item;
    if (typeof group !== "string" || group === "") throw invalidFallbacks();
    return group;
  });
}

/** LiteLLM takes objects, with more in them that overrides the request; what would not be obeyed is refused. */
function isModelAlone(item: unknown): item is { readonly model: unknown } {
  return typeof item === "object" && item !== null && Object.keys(item).join() === "model";
}

/**
 * The control values of a request. In forms `fallbacks` is JSON text or bracketed fields (`fallbacks[]`).
 * @throws InvalidRequestError with the field's name
 */
export function readControls(valueOf: ValueOf): RequestControls {
  const retries = wholeNumber("num_retries", valueOf("num_retries"), 0, mostRetries);
  const timeoutMs = secondsAsMilliseconds("timeout", valueOf("timeout"), mostTimeoutSeconds);
  const dropParams = truth("drop_params", valueOf("drop_params"));
  const fallbacks = truth("disable_fallbacks", valueOf("disable_fallbacks"))
    ? []
    : fallbackGroups(valueOf("fallbacks"));
  const rehearsesFallbacks = truth("mock_testing_fallbacks", valueOf("mock_testing_fallbacks"));
  const tags = requestTags(valueOf);
  const sizeFit = truth("size_fit", valueOf("size_fit"));
  const priority = wholeNumber("priority", valueOf("priority"), 0, mostPriority);
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(dropParams === undefined ? {} : { dropParams }),
    ...(fallbacks === undefined ? {} : { fallbacks }),
    ...(rehearsesFallbacks === undefined ? {} : { rehearsesFallbacks }),
    ...(tags === undefined ? {} : { tags }),
    ...(sizeFit === undefined ? {} : { sizeFit }),
    ...(priority === undefined ? {} : { priority }),
  };
}
