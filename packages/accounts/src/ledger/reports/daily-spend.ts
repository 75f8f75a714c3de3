import { type Kysely, type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { LedgerTables } from "../schema.js";

/** Whose days are meant. */
export interface DailyFilter {
  /** Who paid: `team`, `key`, `deployment`; everybody together is `proxy`. */
  readonly scope: string;
  /** Of the payers of the scope; absent: all. */
  readonly ids?: readonly string[];
  /** Of the virtual keys that asked; absent: all. */
  readonly keyIds?: readonly string[];
  /** The first day: `2026-11-01`. */
  readonly from?: string;
  /** The first day that is not meant. */
  readonly until?: string;
  readonly model?: string;
}

/** What days can be summed up by. */
export const dailyKeys = ["day", "id", "keyId", "modelGroup", "model", "provider"] as const;
export type DailyKey = (typeof dailyKeys)[number];

/** What attempts of days come to. Of the keys, those that were asked for. */
export interface DailySum extends Partial<Record<DailyKey, string>> {
  readonly certainNanoUsd: bigint;
  /** The most that those may have cost of which nobody knows. */
  readonly uncertainNanoUsd: bigint;
  readonly attempts: number;
  readonly succeeded: number;
  readonly images: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface DailyOrder {
  /** `keys`: by what is summed up by, in that order. `spend`: the dearest first. */
  readonly order?: "keys" | "spend";
  /** Rows at most. */
  readonly limit?: number;
  /** Rows that are left out first. */
  readonly offset?: number;
}

const sums = [
  "certainNanoUsd",
  "uncertainNanoUsd",
  "attempts",
  "succeeded",
  "images",
  "inputTokens",
  "outputTokens",
] as const;

/** The sums of days: read from what is kept for each day, so that it takes no longer for more attempts a day. */
export async function listDailySpend(
  database: Kysely<LedgerTables>,
  filter: DailyFilter,
  by: readonly DailyKey[],
  order: DailyOrder = {},
): Promise<readonly DailySum[]> {
  return (await dailySpendQuery(database, filter, by, order).execute()) as unknown as DailySum[];
}

function dailySpendQuery(
  database: Kysely<LedgerTables>,
  { scope, ids, keyIds, from, until, model }: DailyFilter,
  by: readonly DailyKey[],
  { order = "keys", limit, offset }: DailyOrder = {},
): SelectQueryBuilder<LedgerTables, "dailySpend", object> {
  let query = database
    .selectFrom("dailySpend")
    .select(({ fn }) => sums.map((column) => fn.coalesce(fn.sum(column), sql.lit(0)).as(column)))
    .where("scope", "=", scope);
  if (ids !== undefined) query = query.where(among("id", ids));
  if (keyIds !== undefined) query = query.where(among("keyId", keyIds));
  if (from !== undefined) query = query.where("day", ">=", from);
  if (until !== undefined) query = query.where("day", "<", until);
  if (model !== undefined) query = query.where("model", "=", model);
  if (by.length > 0) query = query.select(by).groupBy(by);
  if (order === "spend") query = query.orderBy(sql`sum(certain_nano_usd) + sum(uncertain_nano_usd)`, "desc");
  for (const key of by) query = query.orderBy(key);
  // SQLite knows no offset without a limit.
  if (limit !== undefined) query = query.limit(limit);
  if (limit !== undefined && offset !== undefined) query = query.offset(offset);
  return query;
}

/** SQL knows no empty list; and of one value, a database looks for an index more willingly by equality. */
function among(column: "id" | "keyId", values: readonly string[]): RawBuilder<SqlBool> {
  const [first, ...others] = values;
  if (first === undefined) return sql`1 = 0`;
  if (others.length === 0) return sql`${sql.ref(column)} = ${first}`;
  return sql`${sql.ref(column)} in (${sql.join(values)})`;
}

/** Attempts that were deleted because they were old: no list has them, and every sum of meters or days. */
export interface DeletedAttempts {
  readonly beforeMs: number;
  readonly attempts: number;
  readonly costNanoUsd: bigint;
}

export async function deletedAttempts(database: Kysely<LedgerTables>): Promise<DeletedAttempts> {
  return database
    .selectFrom("deleted")
    .select(["beforeMs", "attempts", "costNanoUsd"])
    .where("id", "=", 1)
    .executeTakeFirstOrThrow();
}
