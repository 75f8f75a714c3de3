import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DataFolderInUseError,
  Journal,
  JournalFileError,
  Ledger,
  LedgerError,
  type LedgerReports,
  Reports,
} from "@darkroom/accounts";
import { CommandError } from "../command-error.js";

/** A data folder's books, as a command has them. */
export interface Books {
  readonly reports: LedgerReports;
  /** Absent where a gateway runs on the folder: only it writes then. */
  readonly ledger?: Ledger;
}

/**
 * Opens the books of a folder. Where no gateway runs on it, they are completed first: attempts without outcome are entered as
 * uncertain, and all of the journal is applied.
 *
 * @throws CommandError where there are none, or they cannot be used
 */
export async function withBooks<Result>(
  folder: string,
  use: (books: Books) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(join(folder, "journal.sqlite")))
    throw new CommandError(
      `There are no books in ${folder}; name the gateway's data folder with --data-dir.`,
    );
  try {
    const journal = await heldJournal(folder);
    return await (journal === undefined ? besideGateway(folder, use) : withJournal(folder, journal, use));
  } catch (error) {
    if (error instanceof LedgerError || error instanceof JournalFileError)
      throw new CommandError(error.message);
    throw error;
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

async function besideGateway<Result>(
  folder: string,
  use: (books: Books) => Promise<Result>,
): Promise<Result> {
  const reports = new Reports(folder);
  try {
    return await use({ reports });
  } finally {
    await reports.close();
  }
}

async function withJournal<Result>(
  folder: string,
  journal: Journal,
  use: (books: Books) => Promise<Result>,
): Promise<Result> {
  try {
    const ledger = await Ledger.open({ folder, journal });
    try {
      await ledger.catchUp();
      return await use({ reports: ledger.reports, ledger });
    } finally {
      await ledger.close();
    }
  } finally {
    await journal.close();
  }
}
