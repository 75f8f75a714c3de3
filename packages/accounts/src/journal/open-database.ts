import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { elsewherePath, ledgerPath } from "../ledger/files.js";
import { JournalFileError } from "./errors.js";
import { recoverIntents } from "./recover-intents.js";
import { findLogDamage } from "./write-ahead-log.js";

const fileName = "journal.sqlite";
/** Of the tables and of the records in them. */
const currentFormat = 1;

/** How long a commit waits for somebody who has locked the file from outside, and ought not to. */
const busyTimeoutMs = 5_000;

/** What every database of SQLite begins with. */
const databaseHead = "SQLite format 3\0";

const schema = `
  CREATE TABLE journal (
    id TEXT NOT NULL, format INTEGER NOT NULL, created_ms INTEGER NOT NULL, pruned_through INTEGER NOT NULL
  );
  CREATE TABLE intents (ordinal INTEGER PRIMARY KEY, record TEXT NOT NULL);
  CREATE TABLE entries (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL);
`;

const afterDamage =
  `Restore the data folder from a backup. To go on without one, move the files ${fileName}* elsewhere: ` +
  "what was written there and had not reached the ledger is then missing from the books.";

export interface OpenDatabase {
  readonly database: Database.Database;
  /** Made with the file. */
  readonly id: string;
  /** The last sequence that was given. */
  readonly committed: number;
  /** The last sequence that is no longer in the file. */
  readonly prunedThrough: number;
  /** How many attempts were left without outcome by whoever wrote before; each has its entry now. */
  readonly recovered: number;
  /** The journal that the folder's ledger was made from was not there: this one is another. */
  readonly isReplacement: boolean;
}

/**
 * Opens the journal's file for its one writer, and makes it where it is missing. Every commit is on the disk before it
 * returns.
 *
 * @param folder held by a DataFolderLock
 * @throws JournalFileError where what was committed cannot be read, or nothing can be written
 */
export function openDatabase(folder: string, nowMs: number): OpenDatabase {
  const path = join(folder, fileName);
  const isReplacement = !existsSync(path) && hasLedger(folder);
  refuseDamage(path, `${path}-wal`);
  if (existsSync(path) && statSync(path).size === 0 && hasLedger(folder))
    throw new JournalFileError(`The journal ${path} is damaged: it is empty. ${afterDamage}`);
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    // Prompts may be in it. SQLite gives the files beside it the same mode.
    chmodSync(path, 0o600);
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    if (database.prepare("SELECT 1 FROM sqlite_schema").all().length === 0) create(database, nowMs);
    database.exec("PRAGMA synchronous = FULL");
    // Checkpoints are made by the writer: SQLite's own would hide that the disk has failed.
    database.pragma("wal_autocheckpoint = 0");
    const { id, committed, prunedThrough } = read(database, path);
    const recovered = recoverIntents(database, committed, nowMs);
    // A log that is begun anew has nothing behind its end that a crash may have left there.
    database.pragma("wal_checkpoint(TRUNCATE)");
    return { database, id, committed: committed + recovered, prunedThrough, recovered, isReplacement };
  } catch (error) {
    database?.close();
    throw asJournalFileError(error, path);
  }
}

/** A ledger is begun after its journal: where there is one, there was a journal. */
function hasLedger(folder: string): boolean {
  return existsSync(ledgerPath(folder)) || existsSync(elsewherePath(folder));
}

/** What SQLite would not find, or do away with, has to be found before it opens the file. */
function refuseDamage(path: string, logPath: string): void {
  const head = readHead(path);
  if (head.length > 0 && head !== databaseHead)
    throw new JournalFileError(`The journal ${path} is damaged: its head is none of SQLite. ${afterDamage}`);
  if (!existsSync(logPath)) return;
  if (head.length === 0 && statSync(logPath).size > 0)
    throw new JournalFileError(
      `The journal ${path} is missing, though its log ${logPath} is there. ${afterDamage}`,
    );
  const damage = findLogDamage(logPath);
  if (damage !== undefined)
    throw new JournalFileError(
      `The journal's log ${logPath} is damaged at byte ${damage.offset}: ${damage.what}. ${afterDamage}`,
    );
}

/** @returns nothing, where there is no file */
function readHead(path: string): string {
  if (!existsSync(path)) return "";
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(databaseHead.length);
    return bytes.toString("latin1", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function create(database: Database.Database, nowMs: number): void {
  // Larger pages than usual: a record takes a good part of a small one, and the rest would be lost.
  database.exec("PRAGMA page_size = 8192");
  database.pragma("journal_mode = WAL");
  database.exec("BEGIN IMMEDIATE");
  database.exec(schema);
  database.prepare("INSERT INTO journal VALUES (?, ?, ?, 0)").run(randomUUID(), currentFormat, nowMs);
  database.exec("COMMIT");
}

function read(
  database: Database.Database,
  path: string,
): Pick<OpenDatabase, "id" | "committed" | "prunedThrough"> {
  const [found] = database.prepare("PRAGMA quick_check(1)").pluck().all() as string[];
  if (found !== "ok") {
    const what = found?.split("\n").at(-1) ?? "it cannot be checked";
    throw new JournalFileError(`The journal ${path} is damaged: ${what}. ${afterDamage}`);
  }
  const tables = database.prepare("SELECT name FROM sqlite_schema ORDER BY name").pluck().all();
  if (tables.join() !== "entries,intents,journal")
    throw new JournalFileError(`The file ${path} is no journal of Darkroom; move it elsewhere.`);

  const [head] = database.prepare("SELECT id, format, pruned_through FROM journal").all() as {
    id: string;
    format: number;
    pruned_through: number;
  }[];
  if (head === undefined)
    throw new JournalFileError(`The journal ${path} is damaged: it has lost its id. ${afterDamage}`);
  if (head.format !== currentFormat)
    throw new JournalFileError(
      `The journal ${path} has format ${head.format}, this version of Darkroom knows format ${currentFormat} alone. ` +
        "Start the version that wrote it.",
    );

  const [entries] = database
    .prepare("SELECT count(*) AS count, min(sequence) AS first, max(sequence) AS last FROM entries")
    .all() as { count: number; first: number | null; last: number | null }[];
  const prunedThrough = head.pruned_through;
  const committed = entries?.last ?? prunedThrough;
  if (
    entries?.count !== committed - prunedThrough ||
    (entries.first ?? prunedThrough + 1) !== prunedThrough + 1
  )
    throw new JournalFileError(`The journal ${path} is damaged: entries are missing. ${afterDamage}`);
  return { id: head.id, committed, prunedThrough };
}

function asJournalFileError(error: unknown, path: string): Error {
  if (error instanceof JournalFileError) return error;
  const code = error instanceof Database.SqliteError ? error.code : "";
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB")
    return new JournalFileError(`The journal ${path} is damaged: ${message}. ${afterDamage}`);
  if (code === "SQLITE_FULL")
    return new JournalFileError(`The journal ${path} cannot be written: the disk is full. Make room on it.`);
  return new JournalFileError(
    `The journal ${path} cannot be opened and written: ${message}. Look at its disk and at who may write there.`,
  );
}
