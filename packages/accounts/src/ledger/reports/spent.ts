import { type Kysely, sql } from "kysely";
import { quarterHourMs, spendPeriodAt } from "../../budgets/spend-period.js";
import type { LedgerTables } from "../schema.js";

/** What was spent, as of one entry of the journal. */
export interface Spent {
  /** Certain and uncertain. */
  readonly nanoUsd: bigint;
  /** The last entry of the journal that is in it. */
  readonly sequence: number;
}

/** From `fromMs` to before `untilMs`, in milliseconds since 1970; without an end, all that came later as well. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly untilMs?: number;
}

/**
 * What a meter was charged for attempts that were sent within a span. Whole quarters of an hour are read from what was spent
 * in them; at the edges of the span the attempts themselves are looked at.
 */
export async function spentIn(
  database: Kysely<LedgerTables>,
  meter: string,
  { fromMs, untilMs = Number.POSITIVE_INFINITY }: TimeSpan,
): Promise<Spent> {
  const wholeFromMs = Math.min(Math.ceil(fromMs / quarterHourMs) * quarterHourMs, untilMs);
  const wholeUntilMs = Math.max(Math.floor(untilMs / quarterHourMs) * quarterHourMs, wholeFromMs);
  const sumOf = (column: "certainNanoUsd" | "uncertainNanoUsd") =>
    database
      .selectFrom("spend")
      .where("meter", "=", meter)
      .where("period", ">=", spendPeriodAt(wholeFromMs))
      .where("period", "<", Number.isFinite(wholeUntilMs) ? spendPeriodAt(wholeUntilMs) : afterAll)
      .select(({ fn }) => fn.sum<bigint | null>(column).as("sum"));
  const edge = (edgeFromMs: number, edgeUntilMs: number) =>
    database
      .selectFrom("attempts")
      .where("atMs", ">=", edgeFromMs)
      .where("atMs", "<", edgeUntilMs)
      .where(
        sql<boolean>`exists (select 1 from json_each(charges) where json_extract(value, '$.meter') = ${meter})`,
      )
      .select(({ fn }) => fn.sum<bigint | null>("costNanoUsd").as("sum"));
  const hasEnd = Number.isFinite(wholeUntilMs);
  // One statement reads one moment.
  const row = await database
    .selectFrom("journals")
    .select([
      "appliedThrough as sequence",
      sumOf("certainNanoUsd").as("certain"),
      sumOf("uncertainNanoUsd").as("uncertain"),
      edge(fromMs, wholeFromMs).as("before"),
      edge(hasEnd ? wholeUntilMs : 0, hasEnd ? untilMs : 0).as("after"),
    ])
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  const amounts = [row?.certain, row?.uncertain, row?.before, row?.after];
  return {
    nanoUsd: amounts.reduce<bigint>((sum, amount) => sum + BigInt(amount ?? 0), 0n),
    sequence: row?.sequence ?? 0,
  };
}

/** Sorts behind every time that text can say. */
const afterAll = "~";
