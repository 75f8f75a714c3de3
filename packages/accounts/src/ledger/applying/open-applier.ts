import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { migrate } from "../../database/migrate.js";
import { type LibsqlDatabase, openForWriting } from "../../database/open-database.js";
import { type PostgresSettings, postgresName } from "../../database/postgres/postgres-settings.js";
import { PostgresStatements } from "../../database/postgres/postgres-statements.js";
import { SqliteStatements } from "../../database/sqlite-statements.js";
import { isDamage } from "../../database/sqlite-error.js";
import { LedgerError } from "../errors.js";
import { elsewherePath, ledgerPath } from "../files.js";
import { ledgerMigrations } from "../migrations.js";
import { Applier } from "./applier.js";

/** The ledger that a journal is applied to. */
export interface OpenApplier {
  readonly applier: Applier;
  /** For people. */
  readonly name: string;
  /** Whether others write to it too. */
  readonly isShared: boolean;
  close(): Promise<void>;
}

/**
 * In the data folder, or in a PostgreSQL whose tables are there.
 *
 * @throws Error where it cannot be used; the message says what to do
 */
export function openApplier(
  folder: string,
  postgres: PostgresSettings | undefined,
  journalId: string,
): Promise<OpenApplier> {
  return postgres === undefined ? inFolder(folder, journalId) : inPostgres(folder, postgres, journalId);
}

async function inFolder(folder: string, journalId: string): Promise<OpenApplier> {
  refuseElsewhere(folder);
  const path = ledgerPath(folder);
  let database: LibsqlDatabase | undefined;
  try {
    const opened = openForWriting(path);
    database = opened;
    migrate(opened, path, ledgerMigrations);
    const applier = await Applier.open(new SqliteStatements(opened), journalId);
    return {
      applier,
      name: path,
      isShared: false,
      close: () => {
        carryOver(opened);
        opened.close();
        return Promise.resolve();
      },
    };
  } catch (error) {
    database?.close();
    throw isDamage(error) ? damaged(path, error) : error;
  }
}

/** Entries that went to a file of the folder would be missing where everybody looks for them. */
function refuseElsewhere(folder: string): void {
  const path = elsewherePath(folder);
  if (!existsSync(path)) return;
  throw new LedgerError(
    `The journal in ${folder} belongs to the ledger in another place: ${readFileSync(path, "utf8").trim()}. ` +
      "Set DATABASE_URL, or choose another folder for a ledger of its own.",
  );
}

async function inPostgres(
  folder: string,
  settings: PostgresSettings,
  journalId: string,
): Promise<OpenApplier> {
  const database = new PostgresStatements(settings);
  try {
    writeFileSync(elsewherePath(folder), `${postgresName(settings)}\n`);
    const applier = await Applier.open(database, journalId);
    return { applier, name: `The ${postgresName(settings)},`, isShared: true, close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Leaves the ledger as one file, as far as that can be done: all is in the log beside it anyway. */
function carryOver(database: LibsqlDatabase): void {
  try {
    database.pragma("wal_checkpoint(TRUNCATE)");
  } catch {
    // Whatever is wrong with the file, the next start will meet and tell it.
  }
}

function damaged(path: string, error: unknown): LedgerError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LedgerError(
    `${path} is damaged (${reason}). Put back a backup of it; without one, move it away together with journal.sqlite to begin anew.`,
  );
}
