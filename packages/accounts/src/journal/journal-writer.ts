import type Database from "libsql";
import { ManyRows } from "./many-rows.js";
import type { BatchMessage } from "./messages.js";
import { openDatabase } from "./open-database.js";

/** Entries that are pruned by one commit: so few that nobody waits for it. */
const prunedAtATime = 512;
/** The log is carried into the database when it has about so many pages, of 8 KiB. */
const logPages = 1024;
/** Of the usual size. */
const recordsPerPage = 8;
/** What a commit writes beside its records: every page that it changes is written whole. */
const pagesPerCommit = 3;

/** The one writer of a journal's file. Its thread stands still for as long as the disk takes. */
export class JournalWriter {
  readonly id: string;
  /** How many attempts were left without outcome by whoever wrote before. */
  readonly recovered: number;
  readonly isReplacement: boolean;
  readonly #database: Database.Database;
  readonly #insertIntents: ManyRows<number | string>;
  readonly #deleteIntents: ManyRows<number>;
  readonly #insertEntries: ManyRows<number | string>;
  readonly #deleteEntries: Database.Statement;
  readonly #setPrunedThrough: Database.Statement;
  #committed: number;
  #prunedThrough: number;
  #pagesInLog = 0;

  /** @throws JournalFileError */
  constructor(folder: string, nowMs: number) {
    const { database, id, committed, prunedThrough, recovered, isReplacement } = openDatabase(folder, nowMs);
    this.#database = database;
    this.id = id;
    this.recovered = recovered;
    this.isReplacement = isReplacement;
    this.#committed = committed;
    this.#prunedThrough = prunedThrough;
    this.#insertIntents = new ManyRows(database, "INSERT INTO intents VALUES", "(?,?)");
    this.#deleteIntents = new ManyRows(database, "DELETE FROM intents WHERE ordinal IN (", "?", ")");
    this.#insertEntries = new ManyRows(database, "INSERT INTO entries VALUES", "(?,?,?)");
    this.#deleteEntries = database.prepare("DELETE FROM entries WHERE sequence <= ?");
    this.#setPrunedThrough = database.prepare("UPDATE journal SET pruned_through = ?");
  }

  /** The last sequence that was given. */
  get committed(): number {
    return this.#committed;
  }

  /** The last sequence that is no longer in the file. */
  get prunedThrough(): number {
    return this.#prunedThrough;
  }

  /**
   * Writes all or nothing; it is on the disk when this returns. A batch of nothing writes too: whoever sends it wants to
   * know whether that works.
   *
   * @throws SqliteError
   */
  write({ intents, concluded, entries, pruneThrough }: BatchMessage): void {
    const rows: (number | string)[] = [];
    let committed = this.#committed;
    for (let index = 0; index < entries.length; index += 2)
      rows.push((committed += 1), entries[index] ?? "", entries[index + 1] ?? "");
    const prunedThrough = Math.min(
      Math.max(pruneThrough, this.#prunedThrough),
      this.#prunedThrough + prunedAtATime,
    );
    const isEmpty = intents.length + concluded.length + entries.length === 0;

    this.#database.exec("BEGIN IMMEDIATE");
    try {
      this.#insertIntents.run(intents);
      this.#deleteIntents.run(concluded);
      this.#insertEntries.run(rows);
      if (prunedThrough > this.#prunedThrough) this.#deleteEntries.run(prunedThrough);
      if (prunedThrough > this.#prunedThrough || isEmpty) this.#setPrunedThrough.run(prunedThrough);
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    this.#pagesInLog += pagesPerCommit + (intents.length + entries.length) / 2 / recordsPerPage;
    this.#committed = committed;
    this.#prunedThrough = prunedThrough;
  }

  /**
   * Carries the log into the database once it is long, so that it can be written from its start again.
   *
   * @throws SqliteError
   */
  tidy(): void {
    if (this.#pagesInLog < logPages) return;
    this.#database.pragma("wal_checkpoint(PASSIVE)");
    this.#pagesInLog = 0;
  }

  /** @throws SqliteError */
  close(): void {
    this.#database.pragma("wal_checkpoint(TRUNCATE)");
    this.#database.close();
  }
}
