import { sql } from "kysely";
import { PreparedStatement, statementBuilder } from "../../database/prepared-statement.js";
import type { StatementDatabase } from "../../database/statement-database.js";
import type { LedgerTables } from "../schema.js";

/** So many are some 10 ms of work, in which nothing is applied. */
export const rowsDeletedAtOnce = 1_000;

export interface Old {
  readonly beforeMs: number;
}

export interface Deleted {
  readonly attempts: number;
  readonly costNanoUsd: bigint;
}

/** What is said to the database where rows are deleted because they are old. */
export function deletionStatements(database: StatementDatabase) {
  const build = statementBuilder<LedgerTables>(database);
  return {
    /** Oldest first; what is uncertain may still be settled, and stays. */
    oldAttempts: new PreparedStatement<Old>(database, ({ beforeMs }) =>
      build
        .selectFrom("attempts")
        .select(["number", "costNanoUsd"])
        .where("atMs", "<", beforeMs)
        .where("state", "!=", sql<string>`'uncertain'`)
        .orderBy("atMs")
        .limit(sql.lit(rowsDeletedAtOnce)),
    ),

    deleteAttempt: new PreparedStatement<{ readonly number: number }>(database, ({ number }) =>
      build.deleteFrom("attempts").where("number", "=", number),
    ),

    deleteRequests: new PreparedStatement<Old>(database, ({ beforeMs }) =>
      build
        .deleteFrom("requests")
        .where("number", "in", (all) =>
          all
            .selectFrom("requests")
            .select("number")
            .where("startedAtMs", "<", beforeMs)
            .where("state", "!=", sql<string>`'running'`)
            .orderBy("startedAtMs")
            .limit(sql.lit(rowsDeletedAtOnce)),
        ),
    ),

    deleteRefusals: new PreparedStatement<Old>(database, ({ beforeMs }) =>
      build.deleteFrom("refusals").where("toMs", "<", beforeMs),
    ),

    noteDeleted: new PreparedStatement<Old & Deleted>(database, ({ beforeMs, attempts, costNanoUsd }) =>
      build
        .updateTable("deleted")
        .set({
          beforeMs: sql<string>`case when before_ms < ${beforeMs} then ${beforeMs} else before_ms end`,
          attempts: sql<string>`attempts + ${attempts}`,
          costNanoUsd: sql<string>`cost_nano_usd + ${costNanoUsd}`,
        })
        .where("id", "=", sql<string>`1`),
    ),
  };
}
