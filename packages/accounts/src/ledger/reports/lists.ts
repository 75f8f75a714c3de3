import { type Kysely, sql } from "kysely";
import type { LedgerTables } from "../schema.js";
import { type AttemptFilter, type RequestFilter, fits } from "./filter.js";
import { type Page, type PageRequest, pageEndFrom, pageOf } from "./page.js";
import { type LedgerAttempt, type LedgerRequest, attemptFrom, requestFrom } from "./rows.js";

/** A page of attempts. */
export async function listAttempts(
  database: Kysely<LedgerTables>,
  filter: AttemptFilter,
  page: PageRequest,
): Promise<Page<LedgerAttempt>> {
  const rows = await database
    .selectFrom("attempts")
    .selectAll()
    .where(fits("atMs", filter))
    .where(isBehind("atMs", page))
    .orderBy("atMs", direction(page))
    .orderBy("number", direction(page))
    .limit(page.limit + 1)
    .offset(page.skip ?? 0)
    .execute();
  return pageOf(rows, page.limit, ({ atMs }) => atMs, attemptFrom);
}

export async function countAttempts(database: Kysely<LedgerTables>, filter: AttemptFilter): Promise<number> {
  if (filter.succeeded !== true) return countRows(database, filter);
  // Most have succeeded: of these no index would know, and the others are few.
  const { succeeded: _, ...all } = filter;
  const failed = await countRows(database, { ...all, succeeded: false });
  return (await countRows(database, all)) - failed;
}

async function countRows(database: Kysely<LedgerTables>, filter: AttemptFilter): Promise<number> {
  const { count } = await database
    .selectFrom("attempts")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where(fits("atMs", filter))
    .executeTakeFirstOrThrow();
  return count;
}

/** A page of requests. */
export async function listRequests(
  database: Kysely<LedgerTables>,
  filter: RequestFilter,
  page: PageRequest,
): Promise<Page<LedgerRequest>> {
  const rows = await database
    .selectFrom("requests")
    .selectAll()
    .where(fits("startedAtMs", filter))
    .where(isBehind("startedAtMs", page))
    .orderBy("startedAtMs", direction(page))
    .orderBy("number", direction(page))
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page.limit, ({ startedAtMs }) => startedAtMs, requestFrom);
}

function isBehind(timeColumn: "atMs" | "startedAtMs", { after, order }: PageRequest) {
  if (after === undefined) return sql<boolean>`1 = 1`;
  const { timeMs, number } = pageEndFrom(after);
  const behind = order === "oldest" ? sql`>` : sql`<`;
  return sql<boolean>`(${sql.ref(timeColumn)}, ${sql.ref("number")}) ${behind} (${timeMs}, ${number})`;
}

function direction({ order }: PageRequest): "asc" | "desc" {
  return order === "oldest" ? "asc" : "desc";
}
