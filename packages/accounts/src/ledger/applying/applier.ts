import type { StatementDatabase } from "../../database/statement-database.js";
import type { OutcomeState } from "../../journal/records.js";
import { alike } from "./alike-attempts.js";
import { BatchRows } from "./batch-rows.js";
import { DailyChanges } from "./daily-changes.js";
import { UnreadableEntryError } from "./fields.js";
import { type Change, type ChargedMeter, type JournalEntry, readEntry } from "./read-entry.js";
import { SpendChanges, type UncertainTotal } from "./spend-changes.js";
import { type LedgerStatements, ledgerStatements, rowsDeletedAtOnce } from "./statements.js";

/** An entry that the ledger could not take in. */
export interface EntrySetAside {
  readonly sequence: number;
  readonly kind: string;
  readonly reason: string;
}

/** What the entries of a batch come to: rows, and what these change in sums. */
interface Batch {
  readonly rows: BatchRows;
  readonly spend: SpendChanges;
  readonly daily: DailyChanges;
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
    const batch = {
      rows: new BatchRows(this.#statements),
      spend: new SpendChanges(),
      daily: new DailyChanges(),
    };
    const { spend, daily } = batch;
    const setAside = await this.#database.inTransaction(async () => {
      // First of all: whoever applies the same journal waits here, and finds the mark moved.
      await this.#moveMark(last.sequence);
      const result = await change(batch);
      await this.#write(batch);
      // Last of all: everybody writes some of these rows, and they are locked until the end.
      await this.#statements.addSpend.run(spend.inOrder());
      await this.#statements.addDailySpend.run(daily.inOrder());
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
        const { attempt, charges, inputTokens, outputTokens } = change;
        // Nobody else has it, and a copy of forty columns takes as long as to parse them.
        const row = Object.assign(attempt, origin);
        batch.rows.addAttempt({ row, charges, inputTokens, outputTokens });
        return;
      }
      case "request":
        batch.rows.addRequest(change.request);
        return;
      case "refusals":
        await this.#statements.insertRefusals.run({ ...change.refusals, ...origin });
        return;
      case "correction":
        await this.#correct({ ...change.correction, ...origin }, batch);
        return;
      case "carried": {
        const { carried } = change;
        if ((await this.#statements.insertCarried.run({ ...carried, ...origin })) === 0) return;
        batch.spend.carry(carried, carried.nanoUsd);
        batch.daily.carry(carried);
      }
    }
  }

  /** Writes the rows that a batch has come to so far, and sums up those that are new. */
  async #write({ rows, spend, daily }: Batch): Promise<void> {
    for (const attempts of alike(await rows.write())) {
      spend.add(attempts);
      daily.add(attempts);
    }
  }

  async #correct(
    correction: Parameters<LedgerStatements["insertCorrection"]["run"]>[0],
    batch: Batch,
  ): Promise<void> {
    // The attempt may have come just before.
    await this.#write(batch);
    const { attemptId, revision, costNanoUsd, differenceNanoUsd } = correction;
    const attempt = await this.#attemptToCorrect(attemptId);
    if (attempt === undefined) throw new UnreadableEntryError("correction.attemptId is of no attempt");
    if (revision <= attempt.revision) return this.#checkKnown(correction);
    if (revision !== attempt.revision + 1)
      throw new UnreadableEntryError(`correction.revision is not ${attempt.revision + 1}, the next one`);
    if (differenceNanoUsd !== costNanoUsd - (attempt.nanoUsd ?? 0n))
      throw new UnreadableEntryError("correction.differenceNanoUsd is not what the cost changes by");
    await this.#statements.insertCorrection.run(correction);
    await this.#statements.correctAttempt.run({ attemptId, revision, costNanoUsd });
    batch.spend.settle(attempt.charges, attempt, costNanoUsd);
    batch.daily.settle(attempt, attempt, costNanoUsd);
  }

  /** Two people may have settled the same attempt at two gateways: the second one's word must not be lost in silence. */
  async #checkKnown({
    attemptId,
    revision,
    atMs,
    costNanoUsd,
    settledBy,
  }: Parameters<LedgerStatements["insertCorrection"]["run"]>[0]): Promise<void> {
    const [known] = (await this.#statements.correction.all({ attemptId, revision })) as {
      at_ms: bigint;
      cost_nano_usd: bigint;
      settled_by: string;
    }[];
    if (known === undefined) return;
    const isSame =
      Number(known.at_ms) === atMs && known.cost_nano_usd === costNanoUsd && known.settled_by === settledBy;
    if (!isSame) throw new UnreadableEntryError("correction.revision was taken by another correction");
  }

  async #attemptToCorrect(attemptId: string) {
    const [row] = (await this.#statements.attemptToCorrect.all({ attemptId })) as {
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

  async #setAside(entry: JournalEntry, reason: string): Promise<EntrySetAside> {
    await this.#statements.setAside.run({ ...entry, journal: this.#journal, reason });
    return { sequence: entry.sequence, kind: entry.kind, reason };
  }
}
