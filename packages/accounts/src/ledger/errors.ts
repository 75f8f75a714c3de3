/** The ledger cannot be kept or read as it is; the message names the file and what to do. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
}
