import { type Kysely, sql } from "kysely";
import { quarterHourMs, spendPeriodAt } from "../../budgets/spend-period.js";
import type { OutcomeState } from "../../journal/records.js";
import type { LedgerTables } from "../schema.js";
import { isChargedTo } from "./filter.js";

/** What was spent, as of one entry of the journal. */
export interface Spent {
  /** Certain and uncertain. */
  readonly nanoUsd: bigint;
  /** The part of it that may not have been charged. */
  readonly uncertainNanoUsd: bigint;
  /** The last entry of the journal that is in it. */
  readonly sequence: number;
}

/** From `fromMs` to before `untilMs`, in milliseconds since 1970; without an end, all that came later as well. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly untilMs?: number;
}

/** Where several gateways write a ledger. */
export interface SharedSpend {
  /** Whose {@link Spent.sequence} is wanted. */
  readonly journalId: string;
  /** Attempts that are charged to the meter and are not to be in the sum. */
  readonly apartFrom: readonly string[];
}

/**
 * What a meter was charged for attempts that were sent within a span. Whole quarters of an hour are read from what was spent
 * in them; at the edges of the span the attempts themselves are looked at. Where these may have been deleted because they were
 * old, the quarter counts whole: too much is told then, and never too little.
 */
export async function spentIn(
  database: Kysely<LedgerTables>,
  meter: string,
  { fromMs, untilMs = Number.POSITIVE_INFINITY }: TimeSpan,
  { journalId, apartFrom = [] }: Partial<SharedSpend> = {},
): Promise<Spent> {
  const wholeFromMs = Math.min(Math.ceil(fromMs / quarterHourMs) * quarterHourMs, untilMs);
  const wholeUntilMs = Math.max(Math.floor(untilMs / quarterHourMs) * quarterHourMs, wholeFromMs);
  const hasEnd = Number.isFinite(untilMs);
  const deletedBefore = sql<number>`(select before_ms from deleted where id = 1)`;
  const from = sql<string>`case when ${deletedBefore} > ${fromMs} then ${spendPeriodAt(fromMs)} else ${spendPeriodAt(wholeFromMs)} end`;
  const until = hasEnd
    ? sql<string>`case when ${deletedBefore} > ${wholeUntilMs} then ${spendPeriodAt(untilMs + quarterHourMs - 1)} else ${spendPeriodAt(wholeUntilMs)} end`
    : sql<string>`${afterAll}`;
  // Once for both sums: of a month there are some three thousand rows, wherever they lie.
  const sums = database
    .selectFrom("spend")
    .where("meter", "=", meter)
    .where("period", ">=", from)
    .where("period", "<", until)
    .select(({ fn }) => [
      fn.sum<bigint | null>("certainNanoUsd").as("certain"),
      fn.sum<bigint | null>("uncertainNanoUsd").as("uncertain"),
    ]);
  const edge = (edgeFromMs: number, edgeUntilMs: number, states: readonly OutcomeState[]) =>
    database
      .selectFrom("attempts")
      .where("atMs", ">=", edgeFromMs)
      .where("atMs", "<", edgeUntilMs)
      .where("state", "in", states)
      .where(sql<boolean>`${deletedBefore} <= ${edgeFromMs}`)
      .where(isChargedTo(meter))
      .select(({ fn }) => fn.sum<bigint | null>("costNanoUsd").as("sum"));
  const [afterFromMs, afterUntilMs] = hasEnd ? [wholeUntilMs, untilMs] : [0, 0];
  const known: readonly OutcomeState[] = ["certain", "failed"];
  const ofJournal = database
    .selectFrom("journals")
    .select("appliedThrough")
    .$if(journalId !== undefined, (journals) => journals.where("id", "=", journalId ?? ""))
    .orderBy("number", "desc")
    .limit(1);
  const left = database
    .selectFrom("attempts")
    .where("attemptId", "in", apartFrom)
    .where("atMs", ">=", fromMs)
    .$if(hasEnd, (attempts) => attempts.where("atMs", "<", untilMs));
  const amountOf = (condition: "=" | "!=") =>
    apartFrom.length === 0
      ? sql<bigint | null>`0`
      : left
          .where("state", condition, "uncertain")
          .select(({ fn }) => fn.sum<bigint | null>("costNanoUsd").as("sum"));
  // One statement reads one moment.
  const row = await database
    .selectFrom(sums.as("sums"))
    .select([
      ofJournal.as("sequence"),
      "sums.certain",
      edge(fromMs, wholeFromMs, known).as("certainBefore"),
      edge(afterFromMs, afterUntilMs, known).as("certainAfter"),
      "sums.uncertain",
      edge(fromMs, wholeFromMs, ["uncertain"]).as("uncertainBefore"),
      edge(afterFromMs, afterUntilMs, ["uncertain"]).as("uncertainAfter"),
      amountOf("!=").as("certainApart"),
      amountOf("=").as("uncertainApart"),
    ])
    .executeTakeFirstOrThrow();
  const certain = total([row.certain, row.certainBefore, row.certainAfter]) - total([row.certainApart]);
  const uncertain =
    total([row.uncertain, row.uncertainBefore, row.uncertainAfter]) - total([row.uncertainApart]);
  return {
    nanoUsd: certain + uncertain,
    uncertainNanoUsd: uncertain,
    sequence: row.sequence ?? 0,
  };
}

function total(amounts: readonly (bigint | number | null | undefined)[]): bigint {
  return amounts.reduce<bigint>((sum, amount) => sum + BigInt(amount ?? 0), 0n);
}

/** Sorts behind every time that text can say. */
const afterAll = "~";
