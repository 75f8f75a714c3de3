import type { Kysely } from "kysely";
import type { LedgerTables } from "../schema.js";

/** What was spent, as of one entry of the journal. */
export interface Spent {
  /** Certain and uncertain. */
  readonly nanoUsd: bigint;
  /** The part of it that may not have been charged. */
  readonly uncertainNanoUsd: bigint;
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
  const [certain, uncertain] = [BigInt(row?.certain ?? 0), BigInt(row?.uncertain ?? 0)];
  return {
    nanoUsd: certain + uncertain,
    uncertainNanoUsd: uncertain,
    sequence: Number(row?.sequence ?? 0),
  };
}
