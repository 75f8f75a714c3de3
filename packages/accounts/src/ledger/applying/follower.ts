import { setImmediate as nextTurn } from "node:timers/promises";
import { migrate } from "../../database/migrate.js";
import { type LibsqlDatabase, openForWriting } from "../../database/open-database.js";
import { isDamage } from "../../database/sqlite-error.js";
import { LedgerError } from "../errors.js";
import { ledgerPath } from "../files.js";
import { ledgerMigrations } from "../schema.js";
import { Applier, type EntrySetAside } from "./applier.js";
import type { UncertainTotal } from "./spend-changes.js";
import { JournalReader } from "./journal-reader.js";

/** How far the ledger has come. */
export interface LedgerProgress {
  /** Entries of the journal up to here are in the ledger, and on the disk. */
  readonly appliedThrough: number;
  readonly uncertain: UncertainTotal;
}

/** What a follower tells while it works. */
export type FollowerReport =
  | { readonly kind: "progress"; readonly progress: LedgerProgress; readonly setAside: EntrySetAside[] }
  /** It goes on by itself, as soon as it can. */
  | { readonly kind: "retrying"; readonly reason: string; readonly afterMs: number }
  /** It does not go on before a restart. */
  | { readonly kind: "stopped"; readonly reason: string };

export interface FollowerOptions {
  /** The data folder. */
  readonly folder: string;
  /** What the journal had committed before this process wrote to it. */
  readonly committedAtStart: number;
  readonly report: (report: FollowerReport) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** So many entries are some 50 ms of work. */
const entriesOfBatch = 1_000;

const firstWaitMs = 1_000;
const longestWaitMs = 30_000;

/**
 * Follows the journal: applies what it has committed, batch by batch.
 *
 * What cannot be written now, such as on a full disk, is tried again for as long as it takes: the journal keeps whatever is
 * not applied. With a damaged file it stops, since nothing in it can be relied on.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #database: LibsqlDatabase;
  readonly #journal: JournalReader;
  readonly #applier: Applier;
  /** Whether requests of the process before are known from those of this one. */
  #hasInterrupted = false;
  #target = 0;
  #running: Promise<void> | undefined;
  #deleting: Promise<void> | undefined;
  #isClosed = false;

  /** @throws Error where the files do not fit together or cannot be used; the message says what to do */
  constructor(options: FollowerOptions) {
    this.#options = options;
    const path = ledgerPath(options.folder);
    this.#journal = new JournalReader(options.folder);
    let database: LibsqlDatabase | undefined;
    try {
      database = openForWriting(path);
      migrate(database, path, ledgerMigrations);
      this.#applier = new Applier(database, this.#journal.head.id);
      this.#checkMark(path);
      this.#interruptRequests();
    } catch (error) {
      this.#journal.close();
      database?.close();
      throw isDamage(error) ? damaged(path, error) : error;
    }
    this.#database = database;
  }

  get progress(): LedgerProgress {
    const { appliedThrough, uncertain } = this.#applier;
    return { appliedThrough, uncertain };
  }

  /** Applies all that is committed up to an entry. Resolves when it has, has stopped or is closed. */
  follow(through: number): Promise<void> {
    this.#target = Math.max(this.#target, through);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Deletes rows that are older than a time, some at once, so that what comes in between is applied. Where the file cannot
   * be written, the rest is left for the next time.
   */
  deleteBefore(beforeMs: number): Promise<void> {
    this.#deleting ??= this.#delete(beforeMs).finally(() => {
      this.#deleting = undefined;
    });
    return this.#deleting;
  }

  async #delete(beforeMs: number): Promise<void> {
    try {
      while (!this.#isClosed && this.#applier.deleteBefore(beforeMs)) await nextTurn();
    } catch (error) {
      if (!isDamage(error)) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.report({ kind: "stopped", reason: `${this.#options.folder}: ${reason}` });
      this.#isClosed = true;
    }
  }

  /** What is not applied yet will be at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#running, this.#deleting]);
    this.#journal.close();
    this.#carryOver();
    this.#database.close();
  }

  /** Leaves the ledger as one file, as far as that can be done: all is in the log beside it anyway. */
  #carryOver(): void {
    try {
      this.#database.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // Whatever is wrong with the file, the next start will meet and tell it.
    }
  }

  async #run(): Promise<void> {
    let waitMs = firstWaitMs;
    while (!this.#isClosed && this.#applier.appliedThrough < this.#target) {
      try {
        this.#step();
        waitMs = firstWaitMs;
        await nextTurn();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (error instanceof LedgerError || isDamage(error)) {
          this.#options.report({ kind: "stopped", reason: `${this.#options.folder}: ${reason}` });
          this.#isClosed = true;
          return;
        }
        this.#options.report({ kind: "retrying", reason, afterMs: waitMs });
        await this.#options.wait(waitMs);
        waitMs = Math.min(waitMs * 2, longestWaitMs);
      }
    }
  }

  #step(): void {
    const { appliedThrough } = this.#applier;
    const through = this.#hasInterrupted ? this.#target : this.#options.committedAtStart;
    const entries = this.#journal.read(appliedThrough, Math.min(through - appliedThrough, entriesOfBatch));
    if (entries.length === 0)
      throw new LedgerError(
        `${this.#journal.path} has no entry ${appliedThrough + 1}, but has committed it.`,
      );
    const setAside = this.#applier.apply(entries);
    this.#interruptRequests();
    this.#options.report({ kind: "progress", progress: this.progress, setAside });
  }

  /** Behind the last entry of the process before, and ahead of the first of this one, requests that run are known to be over. */
  #interruptRequests(): void {
    if (this.#hasInterrupted || this.#applier.appliedThrough < this.#options.committedAtStart) return;
    this.#applier.interruptRequests();
    this.#hasInterrupted = true;
  }

  /** Both files, or neither, must be those that worked together last. */
  #checkMark(path: string): void {
    const { appliedThrough } = this.#applier;
    const { prunedThrough } = this.#journal.head;
    if (appliedThrough < prunedThrough) {
      throw new LedgerError(
        `${path} lacks entries ${appliedThrough + 1} to ${prunedThrough} of the journal beside it, which has handed them over: ` +
          "the ledger was lost, replaced or restored from an older backup. Put back the newest one, or move both files " +
          "away to begin anew.",
      );
    }
    if (appliedThrough > this.#options.committedAtStart) {
      throw new LedgerError(
        `${path} has ${appliedThrough} entries of the journal beside it, which has only ${this.#options.committedAtStart}: ` +
          "the journal was restored from an older backup. Put back the newest one, or move the journal away to begin another.",
      );
    }
  }
}

function damaged(path: string, error: unknown): LedgerError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LedgerError(
    `${path} is damaged (${reason}). Put back a backup of it; without one, move it away together with journal.sqlite to begin anew.`,
  );
}
