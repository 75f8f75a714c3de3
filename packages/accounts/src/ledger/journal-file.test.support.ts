import { join } from "node:path";
import { type LibsqlDatabase, openForWriting } from "../database/open-database.js";
import type { CorrectionRecord, IntentRecord, OutcomeRecord, RefusalsRecord } from "../journal/records.js";
import { intentOf, outcomeOf, startMs } from "../journal/records.test.support.js";

/** A journal's file with whatever entries a test wants. */
export class JournalFile {
  readonly #database: LibsqlDatabase;

  constructor(
    readonly folder: string,
    readonly id = "journal-1",
  ) {
    this.#database = openForWriting(join(folder, "journal.sqlite"));
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS journal (id TEXT NOT NULL, format INTEGER NOT NULL, created_ms INTEGER NOT NULL, pruned_through INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS intents (ordinal INTEGER PRIMARY KEY, record TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS entries (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL);
    `);
    if (this.#database.prepare("SELECT 1 FROM journal").all().length === 0)
      this.#database.prepare("INSERT INTO journal VALUES (?, 1, 0, 0)").run(id);
  }

  get committed(): number {
    const [row] = this.#database
      .prepare("SELECT coalesce(max(sequence), (SELECT pruned_through FROM journal)) AS last FROM entries")
      .all() as { last: bigint }[];
    return Number(row!.last);
  }

  /** @param record an object, or a text that is written as it is */
  append(kind: string, record: object | string): number {
    const sequence = this.committed + 1;
    this.#database
      .prepare("INSERT INTO entries VALUES (?, ?, ?)")
      .run(sequence, kind, typeof record === "string" ? record : asJson(record));
    return sequence;
  }

  prune(through: number): void {
    this.#database.prepare("DELETE FROM entries WHERE sequence <= ?").run(through);
    this.#database.prepare("UPDATE journal SET pruned_through = max(pruned_through, ?)").run(through);
  }

  execute(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#database.close();
  }
}

/** As the journal writes it: amounts are texts. */
export function asJson(record: object): string {
  return JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

export function attemptEntry(
  attemptId: string,
  intent: Partial<IntentRecord> = {},
  outcome: Partial<OutcomeRecord> = {},
): object {
  return { intent: intentOf(attemptId, intent), outcome: outcomeOf(attemptId, outcome) };
}

export function refusalsOf(given: Partial<RefusalsRecord> = {}): RefusalsRecord {
  return {
    caller: "key-1",
    route: "/v1/images/edits",
    status: 429,
    code: "rate_limit_exceeded",
    count: 3,
    fromMs: startMs,
    toMs: startMs + 900,
    ...given,
  };
}

export function correctionOf(attemptId: string, given: Partial<CorrectionRecord> = {}): CorrectionRecord {
  return {
    attemptId,
    revision: 1,
    atMs: startMs + 60_000,
    costNanoUsd: 10n,
    differenceNanoUsd: 10n,
    by: "ann",
    note: "by the invoice",
    ...given,
  };
}
