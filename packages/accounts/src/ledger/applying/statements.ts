import { sql } from "kysely";
import { ManyRowsStatement } from "../../database/many-rows-statement.js";
import { PreparedStatement, statementBuilder } from "../../database/prepared-statement.js";
import type { StatementDatabase } from "../../database/statement-database.js";
import type {
  AttemptTable,
  CarriedSpendTable,
  CorrectionTable,
  DailySpendTable,
  LedgerTables,
  RefusalTable,
  RequestTable,
} from "../schema.js";
import { deletionStatements } from "./deletion-statements.js";
import type { JournalEntry } from "./read-entry.js";
import type { SpendChange } from "./spend-changes.js";

type Unnumbered<Table> = Omit<Table, "number">;

/** Of a request, what its attempts tell before it has ended. */
export type RunningRequest = Pick<
  RequestTable,
  | "requestId"
  | "startedAtMs"
  | "caller"
  | "requestedModel"
  | "modelGroup"
  | "deploymentId"
  | "attempts"
  | "retries"
  | "fallbacks"
>;

type SetAside = JournalEntry & { readonly journal: number; readonly reason: string };

interface Mark {
  readonly number: number;
  readonly from: number;
  readonly appliedThrough: number;
}

/** Of a day's sums, what tells one from another. */
const dailyNames = [
  "scope",
  "day",
  "id",
  "keyId",
  "modelGroup",
  "model",
  "provider",
] as const satisfies readonly (keyof DailySpendTable)[];

/** Of a day's sums, what grows. */
const dailySums = [
  "certainNanoUsd",
  "uncertainNanoUsd",
  "attempts",
  "succeeded",
  "images",
  "inputTokens",
  "outputTokens",
] as const satisfies readonly (keyof DailySpendTable)[];

/** All that the applier says to the database. */
export type LedgerStatements = ReturnType<typeof ledgerStatements>;

export function ledgerStatements(database: StatementDatabase) {
  const build = statementBuilder<LedgerTables>(database);
  const excluded = (column: string) => sql.ref<string>(`excluded.${column}`);
  /** Columns that grow by what is inserted. */
  const added = (table: keyof LedgerTables, columns: readonly string[]) =>
    Object.fromEntries(
      columns.map((column) => [column, sql<string>`${sql.ref(`${table}.${column}`)} + ${excluded(column)}`]),
    );
  return {
    /** Changes nothing where an attempt is there; returns those that were not. */
    insertAttempts: new ManyRowsStatement<Unnumbered<AttemptTable>>(database, (attempts) =>
      build
        .insertInto("attempts")
        .values(attempts)
        .onConflict((conflict) => conflict.column("attemptId").doNothing())
        .returning("attemptId"),
    ),

    /** Of requests that run; one that has ended stays as it is. */
    noteAttempts: new ManyRowsStatement<RunningRequest>(database, (requests) =>
      build
        .insertInto("requests")
        .values(
          requests.map((request) => ({ ...request, state: sql<string>`'running'`, images: sql<string>`0` })),
        )
        .onConflict((conflict) =>
          conflict
            .column("requestId")
            .doUpdateSet({
              modelGroup: excluded("modelGroup"),
              deploymentId: excluded("deploymentId"),
              attempts: sql<string>`requests.attempts + excluded.attempts`,
              retries: sql<string>`requests.retries + excluded.retries`,
              fallbacks: excluded("fallbacks"),
            })
            .where("requests.state", "!=", sql<string>`'ended'`),
        ),
    ),

    upsertRequests: new ManyRowsStatement<Unnumbered<RequestTable>>(database, (requests) => {
      const replaced = Object.keys(requests[0] ?? {})
        .filter((column) => column !== "requestId")
        .map((column) => [column, excluded(column)]);
      return build
        .insertInto("requests")
        .values(requests)
        .onConflict((conflict) =>
          conflict.column("requestId").doUpdateSet(Object.fromEntries(replaced) as Record<string, string>),
        );
    }),

    /** Those of one journal: the gateways that write the others may be running. */
    interruptRequests: new PreparedStatement<Pick<AttemptTable, "journal">>(database, ({ journal }) =>
      build
        .updateTable("requests")
        .set({ state: sql<string>`'interrupted'` })
        .where("state", "=", sql<string>`'running'`)
        .where("requestId", "in", (all) =>
          all
            .selectFrom("attempts")
            .select("requestId")
            .whereRef("attempts.requestId", "=", "requests.requestId")
            .where("journal", "=", journal as never),
        ),
    ),

    addSpend: new ManyRowsStatement<SpendChange>(database, (changes) =>
      build
        .insertInto("spend")
        .values(changes)
        .onConflict((conflict) =>
          conflict
            .columns(["meter", "period"])
            .doUpdateSet(added("spend", ["certainNanoUsd", "uncertainNanoUsd", "attempts"])),
        ),
    ),

    /** An attempt changes some eight. */
    addDailySpend: new ManyRowsStatement<DailySpendTable>(database, (changes) =>
      build
        .insertInto("dailySpend")
        .values(changes)
        .onConflict((conflict) => conflict.columns(dailyNames).doUpdateSet(added("dailySpend", dailySums))),
    ),

    insertRefusals: new PreparedStatement<RefusalTable>(database, (refusals) =>
      build.insertInto("refusals").values(refusals),
    ),

    attemptToCorrect: new PreparedStatement<Pick<AttemptTable, "attemptId">>(database, ({ attemptId }) =>
      build
        .selectFrom("attempts")
        .select(["state", "costNanoUsd", "revision", "charges", "atMs", "model", "modelGroup", "provider"])
        .where("attemptId", "=", attemptId),
    ),

    correction: new PreparedStatement<Pick<CorrectionTable, "attemptId" | "revision">>(
      database,
      ({ attemptId, revision }) =>
        build
          .selectFrom("corrections")
          .select(["atMs", "costNanoUsd", "settledBy"])
          .where("attemptId", "=", attemptId)
          .where("revision", "=", revision),
    ),

    insertCorrection: new PreparedStatement<CorrectionTable>(database, (correction) =>
      build.insertInto("corrections").values(correction),
    ),

    correctAttempt: new PreparedStatement<Pick<CorrectionTable, "attemptId" | "revision" | "costNanoUsd">>(
      database,
      ({ attemptId, revision, costNanoUsd }) =>
        build
          .updateTable("attempts")
          .set({ revision, costNanoUsd, state: sql<string>`'certain'` })
          .where("attemptId", "=", attemptId),
    ),

    /** Changes nothing where an entry of a journal has told of the attempt. */
    claimLost: new PreparedStatement<Pick<AttemptTable, "attemptId" | "journal" | "sequence">>(
      database,
      ({ attemptId, journal, sequence }) =>
        build
          .updateTable("attempts")
          .set({ journal, sequence })
          .where("attemptId", "=", attemptId)
          .where("sequence", "=", sql<string>`0`),
    ),

    replaceAttempt: new PreparedStatement<Unnumbered<AttemptTable>>(database, ({ attemptId, ...others }) =>
      build.updateTable("attempts").set(others).where("attemptId", "=", attemptId),
    ),

    costOf: new PreparedStatement<Pick<AttemptTable, "attemptId">>(database, ({ attemptId }) =>
      build.selectFrom("attempts").select("costNanoUsd").where("attemptId", "=", attemptId),
    ),

    /** Changes nothing where the meter was carried over from there before. */
    insertCarried: new PreparedStatement<CarriedSpendTable>(database, (carried) =>
      build
        .insertInto("carriedSpend")
        .values(carried)
        .onConflict((conflict) => conflict.columns(["source", "meter"]).doNothing()),
    ),

    setAside: new PreparedStatement<SetAside>(database, (entry) =>
      build.insertInto("setAside").values(entry),
    ),

    /** Begins where nothing of a journal was applied. */
    insertJournal: new PreparedStatement<{ readonly id: string }>(database, ({ id }) =>
      build
        .insertInto("journals")
        .values({ id, appliedThrough: sql<string>`0` })
        .onConflict((conflict) => conflict.column("id").doNothing()),
    ),

    journal: new PreparedStatement<{ readonly id: string }>(database, ({ id }) =>
      build.selectFrom("journals").select(["number", "appliedThrough"]).where("id", "=", id),
    ),

    /** Changes nothing where the mark is not where it was: somebody else has applied this journal. */
    moveMark: new PreparedStatement<Mark>(database, ({ number, from, appliedThrough }) =>
      build
        .updateTable("journals")
        .set({ appliedThrough })
        .where("number", "=", number)
        .where("appliedThrough", "=", from),
    ),

    uncertain: new PreparedStatement<object>(database, () =>
      build
        .selectFrom("attempts")
        .select([
          sql<bigint>`count(*)`.as("attempts"),
          sql<bigint>`coalesce(sum(cost_nano_usd), 0)`.as("nanoUsd"),
        ])
        .where("state", "=", sql<string>`'uncertain'`),
    ),

    ...deletionStatements(database),
  };
}
