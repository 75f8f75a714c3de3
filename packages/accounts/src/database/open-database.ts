import { chmodSync } from "node:fs";
import { pathToFileURL } from "node:url";
import Database from "libsql";

/** A connection to a SQLite file. Never bind a boolean: the library ends the process at one. */
export type LibsqlDatabase = Database.Database;

/** How long a statement waits for another connection's lock. */
const busyTimeoutMs = 5_000;

/** What of a write-ahead log is kept on the disk once its pages are in the database, in bytes. */
const keptLogBytes = 64 * 1024 * 1024;

/**
 * Opens a file for its one writer, and makes it where it is missing; it belongs to its owner alone. Whoever reads does not hold up the writer, nor the
 * other way round. A transaction is on the disk once it is committed.
 *
 * @throws Error where the file cannot be opened; SqliteError where it is no database
 */
export function openForWriting(path: string): LibsqlDatabase {
  const database = new Database(path);
  // Who spends what is nobody else's business. SQLite gives the files beside it the same mode.
  chmodSync(path, 0o600);
  return prepared(database, [
    "journal_mode = WAL",
    "synchronous = FULL",
    `journal_size_limit = ${keptLogBytes}`,
  ]);
}

/**
 * Opens a file that is there, to read it beside its writer.
 *
 * @throws Error where the file cannot be opened; SqliteError where it is no database
 */
export function openForReading(path: string): LibsqlDatabase {
  // The library ignores the options `readonly` and `fileMustExist`; SQLite itself knows this one.
  return prepared(new Database(`${pathToFileURL(path).href}?mode=ro`), []);
}

function prepared(database: LibsqlDatabase, pragmas: readonly string[]): LibsqlDatabase {
  try {
    for (const pragma of [`busy_timeout = ${busyTimeoutMs}`, ...pragmas]) database.pragma(pragma);
    // As floats, integers beyond 2^53 would be wrong.
    return database.defaultSafeIntegers();
  } catch (error) {
    database.close();
    throw error;
  }
}
