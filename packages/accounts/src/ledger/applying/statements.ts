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

/** Of a request, what an attempt tells before it has ended. */
type RequestOfAttempt = Pick<
  AttemptTable,
  "requestId" | "atMs" | "caller" | "requestedModel" | "modelGroup" | "deploymentId" | "fallback"
> & { readonly isRetry: number };

type SetAside = JournalEntry & { readonly journal: number; readonly reason: string };

interface Mark {
  readonly number: number;
  readonly from: number;
  readonly appliedThrough: number;
}
/** Of a day's sums, what tells one from another. */
export const dailyNames = [
  "scope",
  "day",
  "id",
  "keyId",
  "modelGroup",
  "model",
  "provider",
] as const satisfies readonly (keyof DailySpendTable)[];

/** Of a day's sums, what grows. */
export const dailySums = [
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
  return {
    /** Changes nothing where the attempt is there. */
    insertAttempt: new PreparedStatement<Unnumbered<AttemptTable>>(database, (attempt) =>
      build
        .insertInto("attempts")
        .values(attempt)
        .onConflict((conflict) => conflict.column("attemptId").doNothing()),
    ),

    /** A request that has ended stays as it is. */
    noteAttempt: new PreparedStatement<RequestOfAttempt>(
      database,
      ({ requestId, atMs, caller, requestedModel, modelGroup, deploymentId, fallback, isRetry }) =>
        build
          .insertInto("requests")
          .values({
            ...{ requestId, caller, requestedModel, modelGroup, deploymentId },
            state: sql<string>`'running'`,
            startedAtMs: atMs,
            attempts: sql<string>`1`,
            retries: isRetry,
            fallbacks: fallback,
            images: sql<string>`0`,
          })
          .onConflict((conflict) =>
            conflict
              .column("requestId")
              .doUpdateSet({
                modelGroup: excluded("modelGroup"),
                deploymentId: excluded("deploymentId"),
                attempts: sql<string>`requests.attempts + 1`,
                retries: sql<string>`requests.retries + excluded.retries`,
                fallbacks: excluded("fallbacks"),
              })
              .where("requests.state", "!=", sql<string>`'ended'`),
          ),
    ),

    upsertRequest: new PreparedStatement<Unnumbered<RequestTable>>(database, (request) => {
      const { requestId, ...others } = request;
      const replaced = Object.keys(others).map((column) => [column, excluded(column)]);
      return build
        .insertInto("requests")
        .values(request)
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

    addSpend: new PreparedStatement<SpendChange>(database, (change) =>
      build
        .insertInto("spend")
        .values(change)
        .onConflict((conflict) =>
          conflict.columns(["meter", "period"]).doUpdateSet({
            certainNanoUsd: sql<string>`spend.certain_nano_usd + excluded.certain_nano_usd`,
            uncertainNanoUsd: sql<string>`spend.uncertain_nano_usd + excluded.uncertain_nano_usd`,
            attempts: sql<string>`spend.attempts + excluded.attempts`,
          }),
        ),
    ),

    /** Of many rows at once: an attempt changes some eight. */
    addDailySpend: new ManyRowsStatement(
      database,
      `INSERT INTO daily_spend (${[...dailyNames, ...dailySums].map(inSnakeCase).join(", ")}) VALUES`,
      dailyNames.length + dailySums.length,
      ` ON CONFLICT (${dailyNames.map(inSnakeCase).join(", ")}) DO UPDATE SET ${dailySums
        .map(inSnakeCase)
        .map((column) => `${column} = daily_spend.${column} + excluded.${column}`)
        .join(", ")}`,
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

function inSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
