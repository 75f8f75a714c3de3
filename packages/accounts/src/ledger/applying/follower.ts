import { setImmediate as nextTurn } from "node:timers/promises";
import type { PostgresSettings } from "../../database/postgres/postgres-settings.js";
import { isDamage } from "../../database/sqlite-error.js";
import { LedgerError } from "../errors.js";
import type { EntrySetAside } from "./applier.js";
import { JournalReader } from "./journal-reader.js";
import { type OpenApplier, openApplier } from "./open-applier.js";
import type { UncertainTotal } from "./spend-changes.js";

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
  /** Where the ledger is, unless it is in the folder too. */
  readonly postgres?: PostgresSettings;
  /** What the journal had committed before this process wrote to it. */
  readonly committedAtStart: number;
  readonly report: (report: FollowerReport) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** So many entries are some 50 ms of work. */
const entriesOfBatch = 1_000;

/** What nobody knows is summed up anew so often where others may have changed it. */
const batchesOfSum = 100;

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
  readonly #ledger: OpenApplier;
  readonly #journal: JournalReader;
  /** Whether requests of the process before are known from those of this one. */
  #hasInterrupted = false;
  #batches = 0;
  #target = 0;
  #running: Promise<void> | undefined;
  #deleting: Promise<void> | undefined;
  #isClosed = false;

  /** @throws Error where journal and ledger do not fit together or cannot be used; the message says what to do */
  static async open(options: FollowerOptions): Promise<Follower> {
    const { folder, postgres } = options;
    const journal = new JournalReader(folder);
    let ledger: OpenApplier | undefined;
    try {
      ledger = await openApplier(folder, postgres, journal.head.id);
      const follower = new Follower(options, journal, ledger);
      follower.#checkMark();
      await follower.#interruptRequests();
      return follower;
    } catch (error) {
      journal.close();
      await ledger?.close();
      throw error;
    }
  }

  private constructor(options: FollowerOptions, journal: JournalReader, ledger: OpenApplier) {
    this.#options = options;
    this.#journal = journal;
    this.#ledger = ledger;
  }

  get progress(): LedgerProgress {
    const { appliedThrough, uncertain } = this.#ledger.applier;
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
      while (!this.#isClosed && (await this.#ledger.applier.deleteBefore(beforeMs))) await nextTurn();
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
    await this.#ledger.close();
  }

  async #run(): Promise<void> {
    let waitMs = firstWaitMs;
    while (!this.#isClosed && this.#ledger.applier.appliedThrough < this.#target) {
      try {
        await this.#step();
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

  async #step(): Promise<void> {
    const { appliedThrough } = this.#ledger.applier;
    const through = this.#hasInterrupted ? this.#target : this.#options.committedAtStart;
    const entries = this.#journal.read(appliedThrough, Math.min(through - appliedThrough, entriesOfBatch));
    if (entries.length === 0)
      throw new LedgerError(
        `${this.#journal.path} has no entry ${appliedThrough + 1}, but has committed it.`,
      );
    const setAside = await this.#ledger.applier.apply(entries);
    await this.#interruptRequests();
    this.#batches += 1;
    if (this.#ledger.isShared && this.#batches % batchesOfSum === 0)
      await this.#ledger.applier.sumUncertain();
    this.#options.report({ kind: "progress", progress: this.progress, setAside });
  }

  /** Behind the last entry of the process before, and ahead of the first of this one, requests that run are known to be over. */
  async #interruptRequests(): Promise<void> {
    if (this.#hasInterrupted || this.#ledger.applier.appliedThrough < this.#options.committedAtStart) return;
    await this.#ledger.applier.interruptRequests();
    this.#hasInterrupted = true;
  }

  /** Both files, or neither, must be those that worked together last. */
  #checkMark(): void {
    const { name } = this.#ledger;
    const { appliedThrough } = this.#ledger.applier;
    const { prunedThrough } = this.#journal.head;
    if (appliedThrough < prunedThrough) {
      throw new LedgerError(
        `${name} lacks entries ${appliedThrough + 1} to ${prunedThrough} of the journal beside it, which has handed them over: ` +
          "the ledger was lost, replaced or restored from an older backup. Put back the newest one, or move both files " +
          "away to begin anew.",
      );
    }
    if (appliedThrough > this.#options.committedAtStart) {
      throw new LedgerError(
        `${name} has ${appliedThrough} entries of the journal beside it, which has only ${this.#options.committedAtStart}: ` +
          "the journal was restored from an older backup. Put back the newest one, or move the journal away to begin another.",
      );
    }
  }
}
