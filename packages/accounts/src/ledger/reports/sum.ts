import { type Kysely, type RawBuilder, sql } from "kysely";
import { membersOf } from "../../database/postgres/postgres-dialect.js";
import type { LedgerTables } from "../schema.js";
import { type AttemptFilter, fits } from "./filter.js";

/** What attempts come to. */
export interface LedgerSum {
  /** How many attempts. */
  readonly rows: number;
  readonly certainRows: number;
  readonly uncertainRows: number;
  readonly failedRows: number;
  /** Those that may have cost something without a known price; they are in no amount. */
  readonly unpricedRows: number;
  readonly certainNanoUsd: bigint;
  /** The most that those may have cost of which nobody knows. */
  readonly uncertainNanoUsd: bigint;
  /** Images answered. */
  readonly images: number;
  /** Requests that these attempts were made for. */
  readonly requests: number;
  /** By kind. */
  readonly tokens: Readonly<Record<string, number>>;
}

/** What attempts can be summed up by. */
export const sumKeys = ["group", "deployment", "model"] as const;
export type SumKey = (typeof sumKeys)[number];

/** The sum of the attempts of one group, deployment or model. */
export interface KeyedSum extends LedgerSum {
  readonly key: string;
}

const columns = { group: "modelGroup", deployment: "deploymentId", model: "model" } as const;

export async function sumAttempts(database: Kysely<LedgerTables>, filter: AttemptFilter): Promise<LedgerSum> {
  const row = await database
    .selectFrom("attempts")
    .where(fits("atMs", filter))
    .select(totals)
    .executeTakeFirstOrThrow();
  const tokens = await tokensByKey(database, filter, sql<string>`''`);
  return { ...row, tokens: tokens.get("") ?? {} };
}

/** The dearest first. */
export async function sumAttemptsBy(
  database: Kysely<LedgerTables>,
  filter: AttemptFilter,
  by: SumKey,
): Promise<readonly KeyedSum[]> {
  const key = sql.ref<string>(columns[by]);
  const rows = await database
    .selectFrom("attempts")
    .where(fits("atMs", filter))
    .select([key.as("key"), ...totals])
    .groupBy("key")
    .orderBy(amountOf(sql`1 = 1`), "desc")
    .orderBy("key")
    .execute();
  const tokens = await tokensByKey(database, filter, key);
  return rows.map((row) => ({ ...row, tokens: tokens.get(row.key) ?? {} }));
}

const totals = [
  sql<number>`count(*)`.as("rows"),
  countOf(sql`state = 'certain'`).as("certainRows"),
  countOf(sql`state = 'uncertain'`).as("uncertainRows"),
  countOf(sql`state = 'failed'`).as("failedRows"),
  countOf(sql`state <> 'failed' and cost_nano_usd is null`).as("unpricedRows"),
  amountOf(sql`state <> 'uncertain'`).as("certainNanoUsd"),
  amountOf(sql`state = 'uncertain'`).as("uncertainNanoUsd"),
  sql<number>`coalesce(sum(images), 0)`.as("images"),
  sql<number>`count(distinct request_id)`.as("requests"),
] as const;

async function tokensByKey(
  database: Kysely<LedgerTables>,
  filter: AttemptFilter,
  key: RawBuilder<string>,
): Promise<Map<string, Record<string, number>>> {
  const { rows } = await sql<{ sumKey: string; kind: string; count: number }>`
    select ${key} as sum_key, kinds.key as kind, sum(kinds.value) as count
    from attempts, ${membersOf(database, "attempts.tokens")} as kinds
    where ${fits("atMs", filter)}
    group by sum_key, kind order by sum_key, kind
  `.execute(database);
  const found = new Map<string, Record<string, number>>();
  for (const { sumKey, kind, count } of rows) found.set(sumKey, { ...found.get(sumKey), [kind]: count });
  return found;
}

function countOf(condition: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`count(case when ${condition} then 1 end)`;
}

function amountOf(condition: RawBuilder<unknown>): RawBuilder<bigint> {
  return sql<bigint>`coalesce(sum(case when ${condition} then cost_nano_usd end), 0)`;
}
