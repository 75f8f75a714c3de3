import type { LibsqlDatabase } from "./open-database.js";

/**
 * Runs a change that is made as a whole or not at all.
 *
 * The library's own way to do so hides what went wrong: some failures, such as a full disk, end the transaction themselves,
 * and it tells then that there was none to roll back.
 */
export function inTransaction<Result>(database: LibsqlDatabase, change: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = change();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
