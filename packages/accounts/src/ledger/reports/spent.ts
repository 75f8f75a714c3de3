import type { Kysely } from "kysely";
import type { LedgerTables } from "../schema.js";

/** What was spent, as of one entry of the journal. */
export interface Spent {
  /** Certain and uncertain. */
  readonly nanoUsd: bigint;
  /** The last entry of the journal that is in it. */
  readonly sequence: number;
}

/**
 * What a meter was charged in some periods together.
 * @param periods from the first one to before the other, by their order as text
 */
export async function spentIn(
  database: Kysely<LedgerTables>,
  meter: string,
  periods: { readonly from: string; readonly until: string },
): Promise<Spent> {
  const sumOf = (column: "certainNanoUsd" | "uncertainNanoUsd") =>
    database
      .selectFrom("spend")
      .where("meter", "=", meter)
      .where("period", ">=", periods.from)
      .where("period", "<", periods.until)
      .select(({ fn }) => fn.sum<bigint | null>(column).as("sum"));
  // One statement reads one moment.
  const row = await database
    .selectFrom("journals")
    .select([
      "appliedThrough as sequence",
      sumOf("certainNanoUsd").as("certain"),
      sumOf("uncertainNanoUsd").as("uncertain"),
    ])
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  const amounts = [row?.certain, row?.uncertain].map((amount) => BigInt(amount ?? 0));
  return {
    nanoUsd: amounts.reduce((sum, amount) => sum + amount, 0n),
    sequence: row?.sequence ?? 0,
  };
}
