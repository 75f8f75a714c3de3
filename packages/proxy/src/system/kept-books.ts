import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type LedgerAttempt, type LedgerRequest, type LedgerSum, Reports } from "@darkroom/accounts";
import Database from "libsql";
import type { RunningProcess } from "./running-process.js";
import { until } from "./until.js";

/** More than any test makes. */
const allRows = { limit: 1_000, order: "oldest" } as const;

/** The books in the data folder of a gateway, read beside it. */
export class KeptBooks {
  readonly folder: string;
  /** Kept, since what nobody keeps is closed, and its lock with it. */
  #held: Database.Database | undefined;

  constructor({ running }: { readonly running: RunningProcess }) {
    this.folder = join(running.folder, "data");
  }

  /** The attempts that are on the disk without an outcome, at this moment. */
  openIntents(): Record<string, unknown>[] {
    const records = this.#journal<{ record: string }>("SELECT record FROM intents ORDER BY ordinal");
    return records.map(({ record }) => JSON.parse(record) as Record<string, unknown>);
  }

  /** How many entries the journal has had, at this moment. */
  entries(): number {
    const [row] = this.#journal<{ last: number }>(
      "SELECT max(pruned_through, coalesce((SELECT max(sequence) FROM entries), 0)) AS last FROM journal",
    );
    return row?.last ?? 0;
  }

  /** Keeps the journal from being written: what cannot be written for another reason than a full disk stops it for good. */
  holdJournal(): void {
    this.#held = new Database(join(this.folder, "journal.sqlite"));
    this.#held.exec("BEGIN IMMEDIATE");
  }

  letJournalGo(): void {
    this.#held?.exec("ROLLBACK");
    this.#held?.close();
    this.#held = undefined;
  }

  /** What is known of each request in the ledger, oldest first: `running`, `ended` or `interrupted`. */
  async requestStates(): Promise<readonly string[]> {
    const reports = Reports.ofFolder(this.folder);
    try {
      return (await reports.requests({}, allRows)).rows.map(({ state }) => state);
    } finally {
      await reports.close();
    }
  }

  /** The attempts in the ledger, oldest first, once there are so many. */
  attempts(count: number): Promise<readonly LedgerAttempt[]> {
    return this.#once(count, async (reports) => (await reports.attempts({}, allRows)).rows);
  }

  /** The requests in the ledger that have ended, oldest first, once there are so many. */
  requests(count: number): Promise<readonly LedgerRequest[]> {
    return this.#once(count, endedRequests);
  }

  /** The requests in the ledger that have ended by now, oldest first. */
  async endedRequests(): Promise<readonly LedgerRequest[]> {
    const reports = Reports.ofFolder(this.folder);
    try {
      return await endedRequests(reports);
    } finally {
      await reports.close();
    }
  }

  /** The sum of all attempts, once there are so many. */
  async sum(count: number): Promise<LedgerSum> {
    await this.attempts(count);
    const reports = Reports.ofFolder(this.folder);
    try {
      return await reports.sum({});
    } finally {
      await reports.close();
    }
  }

  /** The refusals in the ledger that were folded together. */
  refusals(): { readonly caller: string; readonly status: number; readonly count: number }[] {
    return this.#read("ledger.sqlite", "SELECT caller, status, count FROM refusals");
  }

  /** All bytes of all files. */
  bytes(): Buffer {
    return Buffer.concat(readdirSync(this.folder).map((name) => readFileSync(join(this.folder, name))));
  }

  async #once<Row>(
    count: number,
    read: (reports: Reports) => Promise<readonly Row[]>,
  ): Promise<readonly Row[]> {
    const reports = Reports.ofFolder(this.folder);
    try {
      const rows = await until(async () => {
        const found = await read(reports);
        return found.length >= count && found;
      });
      expect(rows).toHaveLength(count);
      return rows;
    } finally {
      await reports.close();
    }
  }

  #journal<Row>(query: string): Row[] {
    return this.#read("journal.sqlite", query);
  }

  #read<Row>(file: string, query: string): Row[] {
    const database = new Database(`${pathToFileURL(join(this.folder, file)).href}?mode=ro`);
    try {
      return database.prepare(query).all() as Row[];
    } finally {
      database.close();
    }
  }
}

async function endedRequests(reports: Reports): Promise<readonly LedgerRequest[]> {
  return (await reports.requests({ state: "ended" }, allRows)).rows;
}
