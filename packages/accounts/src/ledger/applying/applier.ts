import { inTransaction } from "../../database/in-transaction.js";
import type { LibsqlDatabase } from "../../database/open-database.js";
import { isAboutValues } from "../../database/sqlite-error.js";
import type { OutcomeState } from "../../journal/records.js";
import { DailyChanges } from "./daily-changes.js";
import { UnreadableEntryError } from "./fields.js";
import { type Change, type ChargedMeter, type JournalEntry, readEntry } from "./read-entry.js";
import { SpendChanges, type UncertainTotal } from "./spend-changes.js";
import {
  type LedgerStatements,
  dailyNames,
  dailySums,
  ledgerStatements,
  rowsDeletedAtOnce,
} from "./statements.js";

/** An entry that the ledger could not take in. */
export interface EntrySetAside {
  readonly sequence: number;
  readonly kind: string;
  readonly reason: string;
}

/** What the entries of a batch change in sums. */
interface Sums {
  readonly spend: SpendChanges;
  readonly daily: DailyChanges;
}

/**
 * Applies a journal's entries to the ledger, each once: rows, spend and the mark, how far the journal is applied, change in
 * one transaction. An attempt or a correction that is there already, by whatever way it came, changes nothing.
 *
 * An entry that cannot be applied moves the mark on and is set aside as it is, so that it never holds up those behind it.
 */
export class Applier {
  readonly #database: LibsqlDatabase;
  readonly #statements: LedgerStatements;
  readonly #journal: number;
  #appliedThrough: number;
  #uncertain: UncertainTotal;

  /** @param journalId names the mark */
  constructor(database: LibsqlDatabase, journalId: string) {
    this.#database = database;
    this.#statements = ledgerStatements(database);
    this.#statements.insertJournal.run({ id: journalId });
    const [mark] = this.#statements.journal.all({ id: journalId }) as {
      number: bigint;
      applied_through: bigint;
    }[];
    if (mark === undefined) throw new Error("a mark was written and is not there");
    this.#journal = Number(mark.number);
    this.#appliedThrough = Number(mark.applied_through);
    this.#uncertain = this.#sumUncertain();
  }

  /** The sequence of the last entry that was applied; on the disk. */
  get appliedThrough(): number {
    return this.#appliedThrough;
  }

  get uncertain(): UncertainTotal {
    return this.#uncertain;
  }

  /**
   * Applies the entries right behind the mark.
   *
   * @returns those that were set aside
   * @throws SqliteError where the file cannot be written: nothing was applied then
   */
  apply(entries: readonly JournalEntry[]): EntrySetAside[] {
    try {
      return this.#inTransaction(entries, (sums) => this.#applyAll(entries, sums));
    } catch (error) {
      if (!isAboutValues(error)) throw error;
      // One of them the database does not take: which one shows when each has a transaction to itself.
      const [entry, ...others] = entries;
      if (entry === undefined) throw error;
      if (others.length > 0) return entries.flatMap((one) => this.apply([one]));
      return this.#inTransaction(entries, () => [this.#setAside(entry, error.message)]);
    }
  }

  /** For a start: whatever request runs by the ledger, its gateway has ended. */
  interruptRequests(): void {
    this.#statements.interruptRequests.run({});
  }

  /**
   * Deletes some of the rows that are older than a time; what they come to stays in all sums of meters and days. What is
   * uncertain may still be settled, and a request that runs has not ended: both stay.
   * @returns whether there may be more
   * @throws SqliteError where the file cannot be written: nothing was deleted then
   */
  deleteBefore(beforeMs: number): boolean {
    return inTransaction(this.#database, () => {
      const old = this.#statements.oldAttempts.all({ beforeMs }) as {
        number: bigint;
        cost_nano_usd: bigint | null;
      }[];
      for (const { number } of old) this.#statements.deleteAttempt.run({ number: Number(number) });
      const requests = this.#statements.deleteRequests.run({ beforeMs });
      this.#statements.deleteRefusals.run({ beforeMs });
      this.#statements.noteDeleted.run({
        beforeMs,
        attempts: old.length,
        costNanoUsd: old.reduce((sum, { cost_nano_usd: cost }) => sum + (cost ?? 0n), 0n),
      });
      return [old.length, requests].includes(rowsDeletedAtOnce);
    });
  }

  #inTransaction(entries: readonly JournalEntry[], change: (sums: Sums) => EntrySetAside[]): EntrySetAside[] {
    const last = entries.at(-1);
    if (last === undefined) return [];
    const [spend, daily] = [new SpendChanges(), new DailyChanges()];
    const setAside = inTransaction(this.#database, () => {
      const result = change({ spend, daily });
      for (const one of spend) this.#statements.addSpend.run(one);
      this.#statements.addDailySpend.run(
        [...daily].flatMap((one) => [...dailyNames, ...dailySums].map((column) => one[column])),
      );
      this.#statements.markApplied.run({ number: this.#journal, appliedThrough: last.sequence });
      return result;
    });
    this.#appliedThrough = last.sequence;
    // Summed up once, at the start: there may be many.
    this.#uncertain = {
      attempts: this.#uncertain.attempts + spend.uncertain.attempts,
      nanoUsd: this.#uncertain.nanoUsd + spend.uncertain.nanoUsd,
    };
    return setAside;
  }

  #applyAll(entries: readonly JournalEntry[], sums: Sums): EntrySetAside[] {
    return entries.flatMap((entry) => {
      try {
        this.#applyOne(entry.sequence, readEntry(entry), sums);
        return [];
      } catch (error) {
        if (error instanceof UnreadableEntryError) return [this.#setAside(entry, error.message)];
        throw error;
      }
    });
  }

  /** @throws UnreadableEntryError before anything is changed */
  #applyOne(sequence: number, change: Change, sums: Sums): void {
    const origin = { journal: this.#journal, sequence };
    switch (change.kind) {
      case "attempt": {
        const { attempt, charges } = change;
        if (this.#statements.insertAttempt.run({ ...attempt, ...origin }) === 0) return;
        this.#statements.noteAttempt.run({ ...attempt, isRetry: Number(attempt.retry > 0) });
        sums.spend.add(charges, attempt.state, attempt.costNanoUsd);
        sums.daily.add({ ...attempt, charges }, attempt);
        return;
      }
      case "request":
        this.#statements.upsertRequest.run(change.request);
        return;
      case "refusals":
        this.#statements.insertRefusals.run({ ...change.refusals, ...origin });
        return;
      case "correction":
        this.#correct({ ...change.correction, ...origin }, sums);
    }
  }

  #correct(
    correction: Parameters<LedgerStatements["insertCorrection"]["run"]>[0],
    { spend, daily }: Sums,
  ): void {
    const { attemptId, revision, costNanoUsd, differenceNanoUsd } = correction;
    const attempt = this.#attemptToCorrect(attemptId);
    if (attempt === undefined) throw new UnreadableEntryError("correction.attemptId is of no attempt");
    if (revision <= attempt.revision) return;
    if (revision !== attempt.revision + 1)
      throw new UnreadableEntryError(`correction.revision is not ${attempt.revision + 1}, the next one`);
    if (differenceNanoUsd !== costNanoUsd - (attempt.nanoUsd ?? 0n))
      throw new UnreadableEntryError("correction.differenceNanoUsd is not what the cost changes by");
    this.#statements.insertCorrection.run(correction);
    this.#statements.correctAttempt.run({ attemptId, revision, costNanoUsd });
    spend.settle(attempt.charges, attempt, costNanoUsd);
    daily.settle(attempt, attempt, costNanoUsd);
  }

  #attemptToCorrect(attemptId: string) {
    const [row] = this.#statements.attemptToCorrect.all({ attemptId }) as {
      state: OutcomeState;
      cost_nano_usd: bigint | null;
      revision: bigint;
      charges: string;
      at_ms: bigint;
      model: string;
      model_group: string;
      provider: string;
    }[];
    if (row === undefined) return undefined;
    return {
      state: row.state,
      nanoUsd: row.cost_nano_usd,
      revision: Number(row.revision),
      charges: JSON.parse(row.charges) as ChargedMeter[],
      atMs: Number(row.at_ms),
      model: row.model,
      modelGroup: row.model_group,
      provider: row.provider,
    };
  }

  #setAside(entry: JournalEntry, reason: string): EntrySetAside {
    this.#statements.setAside.run({ ...entry, journal: this.#journal, reason });
    return { sequence: entry.sequence, kind: entry.kind, reason };
  }

  #sumUncertain(): UncertainTotal {
    const [row] = this.#statements.uncertain.all({}) as { attempts: bigint; nano_usd: bigint }[];
    return { attempts: Number(row?.attempts ?? 0n), nanoUsd: row?.nano_usd ?? 0n };
  }
}
