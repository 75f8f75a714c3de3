import { type ToldLimit, type ToldResource, toldResources } from "./rate-limit-headers.js";

/**
 * Which limit a 429 is about: as its error's type says (`images`), else its message (`… on images per min (IPM): …`), else
 * the one of which its headers say that nothing remains. Empty where nothing tells.
 */
export function blamedFor(
  error: unknown,
  told: ReadonlyMap<ToldResource, ToldLimit>,
): readonly ToldResource[] {
  const { type, message } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly type?: unknown;
    readonly message?: unknown;
  };
  const named = toldResources.find((resource) => resource === type);
  if (named !== undefined) return [named];
  const [, spoken] = /\b(input-images|images|requests|tokens) per min/i.exec(textOf(message)) ?? [];
  if (spoken !== undefined) return [spoken.toLowerCase() as ToldResource];
  return [...told].flatMap(([resource, { remaining }]) => (remaining === 0 ? [resource] : []));
}

/** An error's message may be long; what it is about stands at its beginning. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 500) : "";
}
