import { randomUUID } from "node:crypto";

/** In hexadecimal digits: 48 bits of milliseconds since 1970. */
const timeDigits = 12;

/**
 * A new id for an attempt: unique, and sorts by time (UUID version 7).
 * @param atMs milliseconds since 1970
 */
export function newAttemptId(atMs: number): string {
  const time = atMs.toString(16).padStart(timeDigits, "0");
  // Node draws the random bytes of many of these at once; drawn for each id alone they cost several times as much.
  const random = randomUUID().slice("00000000-0000-4".length);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random}`;
}
