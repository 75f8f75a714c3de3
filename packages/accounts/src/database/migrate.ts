import { inTransaction } from "./in-transaction.js";
import type { LibsqlDatabase } from "./open-database.js";

/**
 * Brings a file to the newest form: runs the migrations that it has not seen, each in a transaction. Which those are stands
 * in the file's `user_version`. Processes may do so at the same time: each migration is run by one of them.
 *
 * @param migrations SQL texts, oldest first; one that was released is never changed
 * @throws Error where the file was written by a newer version, with what to do
 */
export function migrate(database: LibsqlDatabase, path: string, migrations: readonly string[]): void {
  const version = versionOf(database);
  if (version > migrations.length) {
    throw new Error(
      `${path} was written by a newer version of Darkroom (its form is ${version}, known is ${migrations.length}). ` +
        "Run that version, or one after it.",
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    inTransaction(database, () => {
      // Another process may have been faster.
      if (index < versionOf(database)) return;
      database.exec(migration);
      database.pragma(`user_version = ${index + 1}`);
    });
  }
}

function versionOf(database: LibsqlDatabase): number {
  const [row] = database.prepare("PRAGMA user_version").all() as { user_version: bigint }[];
  return Number(row?.user_version ?? 0n);
}
