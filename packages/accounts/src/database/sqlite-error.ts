import { types } from "node:util";

/*
 * What went wrong in SQLite, by its result codes (https://www.sqlite.org/rescode.html). The library's own names of them are
 * not complete.
 */

const constraint = 19;
const mismatch = 20;
const tooBig = 18;
const corrupt = 11;
const notADatabase = 26;
const fsync = 1034;
const directoryFsync = 1290;

/** Whether a value was refused, and it is not the database that failed. An integer of more than 64 bits is a RangeError. */
export function isAboutValues(error: unknown): error is Error {
  if (types.isNativeError(error) && error.name === "RangeError") return true;
  return [constraint, mismatch, tooBig].includes(codeOf(error) & 0xff);
}

/** Whether a file's content cannot be relied on: it is damaged, or it is not known what of it has reached the disk. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return [corrupt, notADatabase].includes(code & 0xff) || [fsync, directoryFsync].includes(code);
}

/** The extended result code; 0 where the error is none of SQLite's. */
function codeOf(error: unknown): number {
  return typeof error === "object" && error !== null && "rawCode" in error ? Number(error.rawCode) : 0;
}
