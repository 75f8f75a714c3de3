import { join } from "node:path";
import { migrate } from "../../database/migrate.js";
import { type LibsqlDatabase, openForWriting } from "../../database/open-database.js";
import { asJson } from "../journal-file.test.support.js";
import { dailySpendOfAttempts, ledgerMigrations } from "../migrations.js";
import type { JournalEntry } from "./read-entry.js";

/** The file of a ledger, made where it is missing. */
export function openedLedger(folder: string): LibsqlDatabase {
  const path = join(folder, "ledger.sqlite");
  const database = openForWriting(path);
  migrate(database, path, ledgerMigrations);
  return database;
}

export function entry(sequence: number, kind: string, record: object | string): JournalEntry {
  return { sequence, kind, record: typeof record === "string" ? record : asJson(record) };
}

/** The spend of every meter and period as it is kept. */
export function keptSpend(database: LibsqlDatabase): unknown[] {
  return database
    .prepare(
      "SELECT meter, period, certain_nano_usd, uncertain_nano_usd, attempts FROM spend ORDER BY meter, period",
    )
    .all();
}

/** The same, summed up from the attempts. */
export function spendOfRows(database: LibsqlDatabase): unknown[] {
  return database
    .prepare(
      `SELECT charge.value ->> 'meter' AS meter, charge.value ->> 'period' AS period,
         sum(CASE WHEN state <> 'uncertain' THEN coalesce(cost_nano_usd, 0) ELSE 0 END) AS certain_nano_usd,
         sum(CASE WHEN state = 'uncertain' THEN coalesce(cost_nano_usd, 0) ELSE 0 END) AS uncertain_nano_usd,
         count(*) AS attempts
       FROM attempts, json_each(charges) AS charge GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    .all();
}

/** The sums of every day as they are kept; what had succeeded is not told by rows that were settled since. */
export function keptDays(database: LibsqlDatabase): unknown[] {
  return database
    .prepare(
      `SELECT scope, id, day, key_id, model_group, model, provider, certain_nano_usd, uncertain_nano_usd, attempts, images,
         input_tokens, output_tokens FROM daily_spend ORDER BY 1, 2, 3, 4, 5, 6, 7`,
    )
    .all();
}

/** The same, summed up from the attempts. */
export function daysOfRows(database: LibsqlDatabase): unknown[] {
  database.exec("BEGIN; DELETE FROM daily_spend;");
  database.exec(dailySpendOfAttempts);
  const days = keptDays(database);
  database.exec("ROLLBACK");
  return days;
}
