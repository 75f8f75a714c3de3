import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LibsqlDatabase, openForWriting } from "../database/open-database.js";
import type {
  CorrectionRecord,
  IntentRecord,
  OutcomeRecord,
  RefusalsRecord,
  RequestRecord,
} from "../journal/records.js";

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
      CREATE TABLE IF NOT EXISTS intents (attempt_id TEXT PRIMARY KEY, record TEXT NOT NULL);
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

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-ledger-"));
  folders.push(folder);
  return folder;
}

/** For `afterAll`. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** As the journal writes it: amounts are texts. */
export function asJson(record: object): string {
  return JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

/** 2026-01-01. */
export const startMs = Date.UTC(2026, 0, 1);

export function intentOf(attemptId: string, given: Partial<IntentRecord> = {}): IntentRecord {
  return {
    attemptId,
    requestId: `request-of-${attemptId}`,
    atMs: startMs,
    caller: "key-1",
    requestedModel: "edits",
    group: "edits",
    deploymentId: "edits-one",
    provider: "openai",
    model: "gpt-image-1",
    retry: 0,
    fallback: 0,
    size: "auto",
    n: 1,
    stream: false,
    inputImages: 1,
    promptBytes: 13,
    charges: [{ meter: "team:red", period: "2026-01" }],
    estimateNanoUsd: 250_000_000n,
    priceVersion: "2026-01-01",
    ...given,
  };
}

export function outcomeOf(attemptId: string, given: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    attemptId,
    atMs: startMs + 12_000,
    state: "certain",
    costNanoUsd: 42_120_000n,
    breakdown: { inputText: 120_000n, inputImage: 2_000_000n, outputImage: 40_000_000n },
    basis: "usage",
    tokens: { textInput: 24, imageInput: 200, imageOutput: 1_000 },
    images: 1,
    size: "1024x1024",
    quality: "high",
    durationMs: 11_999.6,
    status: 200,
    upstreamRequestId: `req_${attemptId}`,
    ...given,
  };
}

export function attemptEntry(
  attemptId: string,
  intent: Partial<IntentRecord> = {},
  outcome: Partial<OutcomeRecord> = {},
): object {
  return { intent: intentOf(attemptId, intent), outcome: outcomeOf(attemptId, outcome) };
}

export function requestOf(requestId: string, given: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId,
    startedAtMs: startMs - 5,
    endedAtMs: startMs + 12_010,
    caller: "key-1",
    route: "/v1/images/edits",
    requestedModel: "edits",
    group: "edits",
    deploymentId: "edits-one",
    status: 200,
    attempts: 1,
    retries: 0,
    fallbacks: 0,
    waitedMs: 3,
    upstreamMs: 12_000,
    requestBytes: 1_048_576,
    answerBytes: 2_097_152,
    images: 1,
    costNanoUsd: 42_120_000n,
    ...given,
  };
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
