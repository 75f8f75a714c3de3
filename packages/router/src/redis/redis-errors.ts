/** Redis gave no answer, or none in time, or refused to work at all. Whether it did what was asked is not known. */
export class RedisUnavailableError extends Error {
  override readonly name = "RedisUnavailableError";
}

/** The reason of a failure in a few words. Errors of the client may hold the command with its arguments; a message does not. */
export function reasonOf(error: unknown): string {
  const { message, errors, code } = (error ?? {}) as { message?: unknown; errors?: unknown; code?: unknown };
  // One for each address that a name has.
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0]);
  return [message, code].find((it): it is string => typeof it === "string" && it !== "") ?? "it failed";
}
