import type { Kysely } from "kysely";
import type { LedgerTables } from "../schema.js";

/**
 * What a meter was charged in some periods together, certain or not, of one moment.
 * @param periods from the first one to before the other, by their order as text
 * @param apartFrom ids of attempts that are charged to the meter in these periods, and are not to be in the sum
 */
export async function spentIn(
  database: Kysely<LedgerTables>,
  meter: string,
  periods: { readonly from: string; readonly until: string },
  apartFrom: readonly string[],
): Promise<bigint> {
  const sumOf = (column: "certainNanoUsd" | "uncertainNanoUsd") =>
    database
      .selectFrom("spend")
      .where("meter", "=", meter)
      .where("period", ">=", periods.from)
      .where("period", "<", periods.until)
      .select(({ fn }) => fn.sum<bigint | null>(column).as("sum"));
  const ofAttempts = database
    .selectFrom("attempts")
    .where("attemptId", "in", apartFrom)
    .select(({ fn }) => fn.sum<bigint | null>("costNanoUsd").as("sum"));
  // One statement reads one moment.
  const row = await database
    .selectNoFrom([
      sumOf("certainNanoUsd").as("certain"),
      sumOf("uncertainNanoUsd").as("uncertain"),
      ...(apartFrom.length === 0 ? [] : [ofAttempts.as("apart")]),
    ])
    .executeTakeFirstOrThrow();
  const { certain, uncertain, apart } = row as Record<string, bigint | number | null | undefined>;
  return BigInt(certain ?? 0) + BigInt(uncertain ?? 0) - BigInt(apart ?? 0);
}
