import type { Kysely } from "kysely";
import type { LedgerTables } from "../schema.js";

/** What a meter was charged in a period. */
export interface MeterSpend {
  readonly meter: string;
  readonly period: string;
  readonly certainNanoUsd: bigint;
  readonly uncertainNanoUsd: bigint;
  readonly attempts: number;
}

/** Of one meter and one period, or of all. */
export async function listSpend(
  database: Kysely<LedgerTables>,
  { meter, period }: { readonly meter?: string; readonly period?: string },
): Promise<readonly MeterSpend[]> {
  let query = database.selectFrom("spend").selectAll();
  if (meter !== undefined) query = query.where("meter", "=", meter);
  if (period !== undefined) query = query.where("period", "=", period);
  return query.orderBy("meter").orderBy("period").execute();
}
