import { type Kysely, PostgresDialect, SqliteDialect } from "kysely";
import { type LibsqlDatabase, openForReading } from "../../database/open-database.js";
import { type PostgresDeadlines, postgresPool } from "../../database/postgres/postgres-client.js";
import type { PostgresSettings } from "../../database/postgres/postgres-settings.js";
import { queryBuilder } from "../../database/query-builder.js";
import { LedgerError } from "../errors.js";
import { ledgerPath } from "../files.js";
import type { CarriedSpendTable, LedgerTables } from "../schema.js";
import {
  type DailyFilter,
  type DailyKey,
  type DailyOrder,
  type DailySum,
  type DeletedAttempts,
  deletedAttempts,
  listDailySpend,
} from "./daily-spend.js";
import { type RequestExplanation, explainRequest, findAttempt } from "./explain.js";
import type { AttemptFilter, RequestFilter } from "./filter.js";
import { type KeyedAttempt, listKeyedAttempts } from "./keyed-attempts.js";
import { listKeylessCallers } from "./keyless-callers.js";
import { countAttempts, listAttempts, listRequests } from "./lists.js";
import type { Page, PageRequest } from "./page.js";
import type { LedgerAttempt, LedgerRequest } from "./rows.js";
import { type MeterSpend, listSpend } from "./spend.js";
import { type SharedSpend, type Spent, type TimeSpan, spentIn } from "./spent.js";
import { type KeyedSum, type LedgerSum, type SumKey, sumAttempts, sumAttemptsBy } from "./sum.js";

export type CarriedSpend = Omit<CarriedSpendTable, "journal" | "sequence">;

/** What can be asked of a ledger. Every answer is of one moment; a list has one for each of its pages. */
export interface LedgerReports {
  attempts(filter: AttemptFilter, page: PageRequest): Promise<Page<LedgerAttempt>>;
  /** How many attempts a list of all of them would have. */
  count(filter: AttemptFilter): Promise<number>;
  requests(filter: RequestFilter, page: PageRequest): Promise<Page<LedgerRequest>>;
  attempt(attemptId: string): Promise<LedgerAttempt | undefined>;
  explain(requestId: string): Promise<RequestExplanation | undefined>;
  sum(filter: AttemptFilter): Promise<LedgerSum>;
  sumBy(filter: AttemptFilter, by: SumKey): Promise<readonly KeyedSum[]>;
  /** What days come to, by whatever is asked for. */
  dailySpend(filter: DailyFilter, by: readonly DailyKey[], order?: DailyOrder): Promise<readonly DailySum[]>;
  deleted(): Promise<DeletedAttempts>;
  spend(of: { readonly meter?: string; readonly period?: string }): Promise<readonly MeterSpend[]>;
  /** What a meter was charged for attempts that were sent within a span. */
  spentIn(meter: string, span: TimeSpan, shared?: SharedSpend): Promise<Spent>;
  /** Attempts of requests with an idempotency key that ended at `sinceMs` or later. */
  keyedAttempts(sinceMs: number): Promise<readonly KeyedAttempt[]>;
  /** Who has asked without a virtual key, as attempts name them. */
  keylessCallers(): Promise<readonly string[]>;
  /** What was carried over from elsewhere. */
  carriedSpend(): Promise<readonly CarriedSpend[]>;
  /** How many entries of journals could not be applied. */
  setAside(): Promise<number>;
  close(): Promise<void>;
}

/** A report over millions of rows may take a while, and so may the turn of one among many that are asked at once. */
const deadlines: PostgresDeadlines = { connectMs: 15_000, statementMs: 60_000 };

/** Beside those that write and authenticate, so that reports never take theirs. */
const mostConnections = 4;

/** Reports on a connection of their own, which holds up nobody who writes. */
export class Reports implements LedgerReports {
  readonly #database: Kysely<LedgerTables>;

  /** @throws LedgerError where the folder has no ledger that can be read */
  static ofFolder(folder: string): Reports {
    return new Reports(
      queryBuilder<LedgerTables>(new SqliteDialect({ database: opened(ledgerPath(folder)) })),
    );
  }

  /** Connects with the first question. */
  static ofPostgres(settings: PostgresSettings): Reports {
    const pool = postgresPool(settings, deadlines, mostConnections);
    return new Reports(queryBuilder<LedgerTables>(new PostgresDialect({ pool })));
  }

  private constructor(database: Kysely<LedgerTables>) {
    this.#database = database;
  }

  attempts(filter: AttemptFilter, page: PageRequest): Promise<Page<LedgerAttempt>> {
    return listAttempts(this.#database, filter, page);
  }

  count(filter: AttemptFilter): Promise<number> {
    return countAttempts(this.#database, filter);
  }

  requests(filter: RequestFilter, page: PageRequest): Promise<Page<LedgerRequest>> {
    return listRequests(this.#database, filter, page);
  }

  attempt(attemptId: string): Promise<LedgerAttempt | undefined> {
    return findAttempt(this.#database, attemptId);
  }

  explain(requestId: string): Promise<RequestExplanation | undefined> {
    return explainRequest(this.#database, requestId);
  }

  sum(filter: AttemptFilter): Promise<LedgerSum> {
    return sumAttempts(this.#database, filter);
  }

  sumBy(filter: AttemptFilter, by: SumKey): Promise<readonly KeyedSum[]> {
    return sumAttemptsBy(this.#database, filter, by);
  }

  dailySpend(filter: DailyFilter, by: readonly DailyKey[], order?: DailyOrder): Promise<readonly DailySum[]> {
    return listDailySpend(this.#database, filter, by, order);
  }

  deleted(): Promise<DeletedAttempts> {
    return deletedAttempts(this.#database);
  }

  spend(of: { readonly meter?: string; readonly period?: string }): Promise<readonly MeterSpend[]> {
    return listSpend(this.#database, of);
  }

  spentIn(meter: string, span: TimeSpan, shared?: SharedSpend): Promise<Spent> {
    return spentIn(this.#database, meter, span, shared);
  }

  keyedAttempts(sinceMs: number): Promise<readonly KeyedAttempt[]> {
    return listKeyedAttempts(this.#database, sinceMs);
  }

  keylessCallers(): Promise<readonly string[]> {
    return listKeylessCallers(this.#database);
  }

  carriedSpend(): Promise<readonly CarriedSpend[]> {
    return this.#database
      .selectFrom("carriedSpend")
      .select(["source", "meter", "period", "nanoUsd", "atMs", "carriedBy"])
      .orderBy("source")
      .orderBy("meter")
      .execute();
  }

  async setAside(): Promise<number> {
    const { count } = await this.#database
      .selectFrom("setAside")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return count;
  }

  async close(): Promise<void> {
    await this.#database.destroy();
  }
}

function opened(path: string): LibsqlDatabase {
  try {
    return openForReading(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LedgerError(`${path} cannot be read: ${reason}`);
  }
}
