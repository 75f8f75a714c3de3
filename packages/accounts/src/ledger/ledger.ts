import type { PostgresSettings } from "../database/postgres/postgres-settings.js";
import type { CarriedSpendRecord, CorrectionRecord } from "../journal/records.js";
import { ApplierThread, type ApplierState } from "./applying/applier-thread.js";
import type { EntrySetAside } from "./applying/applier.js";
import type { UncertainTotal } from "./applying/spend-changes.js";
import type { LedgerReports } from "./reports/reports.js";
import { Reports } from "./reports/reports.js";
import { ReportsThread } from "./reports/reports-thread.js";
import type { LedgerAttempt } from "./reports/rows.js";
import { type Settlement, checkSettlement, correctionFor } from "./settlement.js";

/** What the ledger needs of the journal that it follows. */
export interface FollowedJournal {
  readonly id: string;
  /** The sequence of the last entry that is on the disk. */
  readonly committed: number;
  /** Entries up to this one are in the ledger, on the disk: the journal may forget them. */
  prune(through: number): void;
  /** @returns the entry's sequence, once it is on the disk */
  correct(correction: CorrectionRecord): Promise<number>;
  /** @returns the entry's sequence, once it is on the disk */
  carry(carried: CarriedSpendRecord): Promise<number>;
}

/** A correction that is in the journal. */
export interface CorrectedCharge {
  /** Whom the attempt is charged to. */
  readonly meters: readonly string[];
  /** When it was sent, in milliseconds since 1970. */
  readonly atMs: number;
  /** What it is charged more; may be negative. */
  readonly differenceNanoUsd: bigint;
  /** The correction's entry. */
  readonly sequence: number;
}

export interface LedgerOptions {
  /** The data folder; the journal's file is in it. */
  readonly folder: string;
  /** Where the ledger is, unless it is in the folder too; its tables are there. */
  readonly postgres?: PostgresSettings;
  readonly journal: FollowedJournal;
  /** The ledger has fallen behind, has stopped, or goes on again. */
  readonly onState?: (state: ApplierState) => void;
  /** An entry cannot be applied. It is kept, and should be looked at. */
  readonly onSetAside?: (entry: EntrySetAside) => void;
  /** Up to which entry nobody else needs the journal; absent: nobody else reads it. */
  readonly mayForget?: () => number;
  /** For how long rows are kept; absent: for ever. */
  readonly retention?: Retention;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What is deleted because it is old. Sums of meters and days stay, and so does what is uncertain. */
export interface Retention {
  /** Attempts, requests and refusals are deleted once they are so old. */
  readonly keepMs: number;
  /** How often that is looked for; it is at the start as well. */
  readonly everyMs: number;
}

/**
 * How often the journal is asked for news. What is committed in between is applied with one fsync, so that the disk is left
 * to the journal.
 */
const applyEveryMs = 100;

const longestTimerMs = 2 ** 31 - 1;

/**
 * What was spent: a row for every attempt and every request, and the spend of every meter, written from the journal by a
 * thread of its own. It may be behind the journal at any time, and loses nothing by it.
 */
export class Ledger {
  /** Of what is applied so far. */
  readonly reports: LedgerReports;
  readonly #journal: FollowedJournal;
  readonly #applier: ApplierThread;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #deletion: NodeJS.Timeout | undefined;
  #settlements: Promise<unknown> = Promise.resolve();
  #onCorrected: (corrected: CorrectedCharge) => void = () => undefined;

  /**
   * Does not wait until all is applied: see {@link catchUp}.
   *
   * @throws LedgerError where the ledger's file is damaged or does not belong to the journal; the message says what to do
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const { folder, postgres, journal, onState, onSetAside, mayForget = () => Infinity } = options;
    const applier = await ApplierThread.start(
      { folder, committedAtStart: journal.committed, ...(postgres !== undefined && { postgres }) },
      {
        onProgress: ({ appliedThrough }) => journal.prune(Math.min(appliedThrough, mayForget())),
        onState: (state) => onState?.(state),
        onSetAside: (entry) => onSetAside?.(entry),
      },
    );
    journal.prune(Math.min(applier.progress.appliedThrough, mayForget()));
    applier.follow(journal.committed);
    return new Ledger(options, applier);
  }

  private constructor(
    { folder, postgres, journal, now, mayForget, retention }: LedgerOptions,
    applier: ApplierThread,
  ) {
    this.reports = postgres === undefined ? new ReportsThread(folder) : Reports.ofPostgres(postgres);
    this.#journal = journal;
    this.#applier = applier;
    this.#now = now ?? Date.now;
    this.#timer = setInterval(() => {
      applier.follow(journal.committed);
      if (mayForget !== undefined) journal.prune(Math.min(applier.progress.appliedThrough, mayForget()));
    }, applyEveryMs).unref();
    if (retention === undefined) return;
    const deleteOld = (): void => this.deleteBefore(this.#now() - retention.keepMs);
    deleteOld();
    // A timer takes no more than 24 days.
    this.#deletion = setInterval(deleteOld, Math.min(retention.everyMs, longestTimerMs)).unref();
  }

  /** Whether entries are applied. */
  get state(): ApplierState {
    return this.#applier.state;
  }

  /** Of the journal that it follows. */
  get journalId(): string {
    return this.#journal.id;
  }

  /** Entries of the journal up to here are in the ledger. */
  get appliedThrough(): number {
    return this.#applier.progress.appliedThrough;
  }

  /** How many entries the journal has that the ledger has not. */
  get lagEntries(): number {
    return Math.max(0, this.#journal.committed - this.#applier.progress.appliedThrough);
  }

  /** What upstreams may have charged, and nobody knows. */
  get uncertain(): UncertainTotal {
    return this.#applier.progress.uncertain;
  }

  /** How many entries could not be applied since this process began. */
  get setAsideCount(): number {
    return this.#applier.setAsideCount;
  }

  /**
   * Waits until all that is committed now is applied.
   * @throws LedgerError where nothing is applied at present
   */
  catchUp(): Promise<void> {
    return this.#applier.applied(this.#journal.committed);
  }

  /**
   * Puts a person's word in the place of what is not known. It is kept for good who said it, and how they know.
   *
   * @returns the attempt as it is now
   * @throws SettlementError where it cannot be settled, with the field that is at fault
   * @throws LedgerError where nothing is applied at present
   */
  async settle(settlement: Settlement): Promise<LedgerAttempt> {
    checkSettlement(settlement);
    // One after the other: each is the next revision of what the one before has left.
    const settled = this.#settlements.then(() => this.#settle(settlement));
    this.#settlements = settled.catch(() => undefined);
    return settled;
  }

  /**
   * Takes over what meters had been charged elsewhere. Each meter is taken over once from one source, however often it is told.
   *
   * @returns how many were taken over now
   * @throws LedgerError where nothing is applied at present
   */
  async carry(records: readonly CarriedSpendRecord[]): Promise<number> {
    await this.catchUp();
    const before = await this.reports.carriedSpend();
    const known = new Set(before.map(({ source, meter }) => JSON.stringify([source, meter])));
    const fresh = records.filter(({ source, meter }) => !known.has(JSON.stringify([source, meter])));
    await Promise.all(fresh.map((record) => this.#journal.carry(record)));
    await this.catchUp();
    return fresh.length;
  }

  /** Has `listener` told of every correction, before anything else is settled. There is one. */
  listen(listener: (corrected: CorrectedCharge) => void): void {
    this.#onCorrected = listener;
  }

  /** Has rows deleted that are older than a time, some at once; nobody waits for it. */
  deleteBefore(beforeMs: number): void {
    this.#applier.deleteBefore(beforeMs);
  }

  /** What is not applied yet will be at the next start. The journal must be closed later than the ledger. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#deletion);
    await this.#settlements;
    await Promise.all([this.#applier.close(), this.reports.close()]);
  }

  async #settle(settlement: Settlement): Promise<LedgerAttempt> {
    const { attemptId } = settlement;
    await this.catchUp();
    const attempt = await this.reports.attempt(attemptId);
    const correction = correctionFor(settlement, attempt, this.#now());
    const sequence = await this.#journal.correct(correction);
    if (attempt !== undefined) {
      const { charges, atMs } = attempt;
      const { differenceNanoUsd } = correction;
      this.#onCorrected({ meters: charges.map(({ meter }) => meter), atMs, differenceNanoUsd, sequence });
    }
    await this.catchUp();
    const settled = await this.reports.attempt(attemptId);
    if (settled === undefined) throw new Error(`attempt '${attemptId}' was there and is gone`);
    return settled;
  }
}
