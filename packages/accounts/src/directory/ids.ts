/** Of an id, in characters. */
export const longestId = 256;

/** Databases do not keep these as they were given, and would take two ids for one. */
export function hasControlCharacters(id: string): boolean {
  return /[\p{Cc}\p{Cs}]/u.test(id);
}
