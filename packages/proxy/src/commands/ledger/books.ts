import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataFolderInUseError, Journal, Ledger, type LedgerReports, Reports } from "@darkroom/accounts";
import { CommandError } from "../command-error.js";
import { storesOfEnvironment } from "../stores-of-environment.js";

/**
 * Reads the books of the PostgreSQL that `DATABASE_URL` names, as far as gateways have shipped them, or those of a folder. Where no gateway runs on it, they are completed first; the folder is free again before they
 * are read, so that a long report keeps no gateway from starting.
 *
 * @throws CommandError where there are none; JournalFileError or LedgerError where they cannot be used
 */
export async function withReports<Result>(
  folder: string,
  use: (reports: LedgerReports) => Promise<Result>,
): Promise<Result> {
  const { postgres } = storesOfEnvironment();
  if (postgres === undefined) await withLedger(folder, () => Promise.resolve());
  const reports = postgres === undefined ? Reports.ofFolder(folder) : Reports.ofPostgres(postgres);
  try {
    return await use(reports);
  } finally {
    await reports.close();
  }
}

/**
 * Completes the books of a folder: attempts without outcome are entered as uncertain, and all of the journal is applied.
 *
 * @param use gets nothing where a gateway runs on the folder, or gateways share the books: only they write then
 * @throws as {@link withReports}
 */
export async function withLedger<Result>(
  folder: string,
  use: (ledger: Ledger | undefined) => Promise<Result>,
): Promise<Result> {
  if (storesOfEnvironment().postgres !== undefined) return use(undefined);
  if (!existsSync(join(folder, "journal.sqlite")))
    throw new CommandError(
      `There are no books in ${folder}; name the gateway's data folder with --data-dir.`,
    );
  const journal = await heldJournal(folder);
  if (journal === undefined) return use(undefined);
  try {
    const ledger = await Ledger.open({ folder, journal });
    try {
      await ledger.catchUp();
      return await use(ledger);
    } finally {
      await ledger.close();
    }
  } finally {
    await journal.close();
  }
}

/** Undefined: a gateway has it. */
async function heldJournal(folder: string): Promise<Journal | undefined> {
  try {
    return await Journal.open({ folder });
  } catch (error) {
    if (error instanceof DataFolderInUseError) return undefined;
    throw error;
  }
}
