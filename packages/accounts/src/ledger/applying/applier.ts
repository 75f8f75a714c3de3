import type { StatementDatabase } from "../../database/statement-database.js";
import { BatchRows } from "./batch-rows.js";
import { Corrections } from "./corrections.js";
import { DailyChanges } from "./daily-changes.js";
import { UnreadableEntryError } from "./fields.js";
import { type Change, type JournalEntry, readEntry } from "./read-entry.js";
import { SpendChanges, type UncertainTotal } from "./spend-changes.js";
import { rowsDeletedAtOnce } from "./deletion-statements.js";
import { type LedgerStatements, ledgerStatements } from "./statements.js";
import { type Sums, addAttempts, writeSums } from "./sums.js";

/** An entry that the ledger could not take in. */
export interface EntrySetAside {
  readonly sequence: number;
  readonly kind: string;
  readonly reason: string;
}

/** What the entries of a batch come to: rows, and what these change in sums. */
interface Batch {
  readonly rows: BatchRows;
  readonly sums: Sums;
}

/** Somebody else has applied entries of the same journal: whoever adopted it, or whom it was taken from. */
class MarkMovedError extends Error {
  override readonly name = "MarkMovedError";
}

/**
 * Applies a journal's entries to the ledger, each once: rows, spend and the mark, how far the journal is applied, change in
 * one transaction. An attempt or a correction that is there already, by whatever way it came, changes nothing.
 *
 * An entry that cannot be applied moves the mark on and is set aside as it is, so that it never holds up those behind it.
 */
export class Applier {
  readonly #database: StatementDatabase;
  readonly #statements: LedgerStatements;
  readonly #corrections: Corrections;
  readonly #journalId: string;
  #journal = 0;
  #appliedThrough = 0;
  #uncertain: UncertainTotal = { attempts: 0, nanoUsd: 0n };

  /**
   * @param journalId names the mark
   * @throws Error where the database cannot be read or written
   */
  static async open(database: StatementDatabase, journalId: string): Promise<Applier> {
    const applier = new Applier(database, journalId);
    await applier.#statements.insertJournal.run({ id: journalId });
    await applier.#readMark();
    return applier;
  }

  private constructor(database: StatementDatabase, journalId: string) {
    this.#database = database;
    this.#statements = ledgerStatements(database);
    this.#corrections = new Corrections(this.#statements);
    this.#journalId = journalId;
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
   * @throws Error where the database cannot be written: nothing was applied then
   */
  async apply(entries: readonly JournalEntry[]): Promise<EntrySetAside[]> {
    try {
      return await this.#inTransaction(entries, (batch) => this.#applyAll(entries, batch));
    } catch (error) {
      if (error instanceof MarkMovedError) {
        await this.#readMark();
        return [];
      }
      if (!this.#database.isAboutValues(error)) throw error;
      // One of them the database does not take: which one shows when each has a transaction to itself.
      const [entry, ...others] = entries;
      if (entry === undefined) throw error;
      if (others.length === 0)
        return this.#inTransaction(entries, async () => [await this.#setAside(entry, error.message)]);
      const setAside: EntrySetAside[] = [];
      for (const one of entries)
        if (one.sequence === this.#appliedThrough + 1) setAside.push(...(await this.apply([one])));
      return setAside;
    }
  }

  /** For a start: whatever request runs by the ledger, its gateway has ended. */
  async interruptRequests(): Promise<void> {
    await this.#statements.interruptRequests.run({ journal: this.#journal });
  }

  /**
   * Deletes some of the rows that are older than a time; what they come to stays in all sums of meters and days. What is
   * uncertain may still be settled, and a request that runs has not ended: both stay.
   * @returns whether there may be more
   * @throws Error where the database cannot be written: nothing was deleted then
   */
  deleteBefore(beforeMs: number): Promise<boolean> {
    return this.#database.inTransaction(async () => {
      const old = (await this.#statements.oldAttempts.all({ beforeMs })) as {
        number: bigint;
        cost_nano_usd: bigint | null;
      }[];
      // Of gateways that delete at the same time each counts what it has deleted itself.
      let attempts = 0;
      let costNanoUsd = 0n;
      for (const { number, cost_nano_usd: cost } of old) {
        if ((await this.#statements.deleteAttempt.run({ number: Number(number) })) === 0) continue;
        attempts += 1;
        costNanoUsd += cost ?? 0n;
      }
      const requests = await this.#statements.deleteRequests.run({ beforeMs });
      await this.#statements.deleteRefusals.run({ beforeMs });
      await this.#statements.noteDeleted.run({ beforeMs, attempts, costNanoUsd });
      return [old.length, requests].includes(rowsDeletedAtOnce);
    });
  }

  /** Sums up anew what nobody knows: others may have changed it. */
  async sumUncertain(): Promise<void> {
    const [row] = (await this.#statements.uncertain.all({})) as { attempts: bigint; nano_usd: bigint }[];
    this.#uncertain = { attempts: Number(row?.attempts ?? 0n), nanoUsd: row?.nano_usd ?? 0n };
  }

  async #readMark(): Promise<void> {
    const [mark] = (await this.#statements.journal.all({ id: this.#journalId })) as {
      number: bigint;
      applied_through: bigint;
    }[];
    if (mark === undefined) throw new Error("a mark was written and is not there");
    this.#journal = Number(mark.number);
    this.#appliedThrough = Number(mark.applied_through);
    await this.sumUncertain();
  }

  async #inTransaction(
    entries: readonly JournalEntry[],
    change: (batch: Batch) => Promise<EntrySetAside[]>,
  ): Promise<EntrySetAside[]> {
    const last = entries.at(-1);
    if (last === undefined) return [];
    const sums = { spend: new SpendChanges(), daily: new DailyChanges() };
    const batch = { rows: new BatchRows(this.#statements), sums };
    const setAside = await this.#database.inTransaction(async () => {
      // First of all: whoever applies the same journal waits here, and finds the mark moved.
      await this.#moveMark(last.sequence);
      const result = await change(batch);
      await this.#write(batch);
      await writeSums(this.#statements, sums);
      return result;
    });
    this.#appliedThrough = last.sequence;
    // Summed up once, at the start: there may be many.
    const { uncertain, hasTakenBack } = sums.spend;
    if (hasTakenBack) await this.sumUncertain();
    else
      this.#uncertain = {
        attempts: this.#uncertain.attempts + uncertain.attempts,
        nanoUsd: this.#uncertain.nanoUsd + uncertain.nanoUsd,
      };
    return setAside;
  }

  async #moveMark(appliedThrough: number): Promise<void> {
    const from = this.#appliedThrough;
    const moved = await this.#statements.moveMark.run({ number: this.#journal, from, appliedThrough });
    if (moved === 0) throw new MarkMovedError("somebody else has applied this journal");
  }

  async #applyAll(entries: readonly JournalEntry[], batch: Batch): Promise<EntrySetAside[]> {
    const setAside: EntrySetAside[] = [];
    for (const entry of entries) {
      try {
        await this.#applyOne(entry.sequence, readEntry(entry), batch);
      } catch (error) {
        if (!(error instanceof UnreadableEntryError)) throw error;
        setAside.push(await this.#setAside(entry, error.message));
      }
    }
    return setAside;
  }

  /** @throws UnreadableEntryError before anything is changed */
  async #applyOne(sequence: number, change: Change, batch: Batch): Promise<void> {
    const origin = { journal: this.#journal, sequence };
    switch (change.kind) {
      case "attempt": {
        const { attempt, ...others } = change;
        // Nobody else has it, and a copy of forty columns takes as long as to parse them.
        batch.rows.addAttempt({ ...others, row: Object.assign(attempt, origin) });
        return;
      }
      case "request":
        batch.rows.addRequest(change.request);
        return;
      case "refusals":
        await this.#statements.insertRefusals.run({ ...change.refusals, ...origin });
        return;
      case "correction":
        // The attempt may have come just before.
        await this.#write(batch);
        await this.#corrections.correct({ ...change.correction, ...origin }, batch.sums);
        return;
      case "carried": {
        const { carried } = change;
        if ((await this.#statements.insertCarried.run({ ...carried, ...origin })) === 0) return;
        batch.sums.spend.carry(carried, carried.nanoUsd);
        batch.sums.daily.carry(carried);
      }
    }
  }

  /** Writes the rows that a batch has come to so far, and sums up those that are new. */
  async #write({ rows, sums }: Batch): Promise<void> {
    const { entered, known } = await rows.write();
    addAttempts(sums, entered);
    for (const attempt of known) await this.#corrections.knownAfterAll(attempt, sums);
  }

  async #setAside(entry: JournalEntry, reason: string): Promise<EntrySetAside> {
    await this.#statements.setAside.run({ ...entry, journal: this.#journal, reason });
    return { sequence: entry.sequence, kind: entry.kind, reason };
  }
}
