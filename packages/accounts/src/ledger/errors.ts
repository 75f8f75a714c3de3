/** The ledger cannot be kept or read as it is; the message names the file and what to do. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
}

/** Whether a file's content cannot be relied on: it is damaged, or it is not known what of it has reached the disk. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code))) return true;
  return "rawCode" in error && fsyncFailures.includes(Number(error.rawCode));
}

/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC, from https://www.sqlite.org/rescode.html */
const fsyncFailures: readonly number[] = [1034, 1290];
