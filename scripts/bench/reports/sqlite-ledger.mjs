import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attemptsFilled, daysFilled, quartersFilled } from "./filling.mjs";
import { watchedSqlite } from "./watched-dialects.mjs";

const dist = "../../../packages/accounts/dist";

const dialect = {
  numbers: (name, count, column = "number") =>
    `${name} (${column}) AS (SELECT 0 UNION ALL SELECT ${column} + 1 FROM ${name} WHERE ${column} < ${count - 1})`,
  whole: (number) => `CAST(${number} AS INTEGER)`,
  quarterHour: (ms) => `strftime('%Y-%m-%dT%H:%M', (${ms}) / 900000 * 900, 'unixepoch')`,
  day: (ms) => `strftime('%Y-%m-%d', (${ms}) / 1000, 'unixepoch')`,
  numbered: (name) => `printf('${name}%010d', number)`,
  keyId: (key) => `printf('%016x%048d', ${key}, 0)`,
};

/** A ledger in a file of `folder`, else of a folder that goes with it; filled unless it is there already. */
export async function sqliteLedger(size, folder) {
  const { openForWriting, openForReading } = await import(`${dist}/database/open-database.js`);
  const { queryBuilder } = await import(`${dist}/database/query-builder.js`);
  const { migrate } = await import(`${dist}/database/migrate.js`);
  const { ledgerMigrations } = await import(`${dist}/ledger/migrations.js`);
  const { Reports } = await import(`${dist}/index.js`);
  const kept = folder ?? mkdtempSync(join(tmpdir(), "darkroom-reports-"));
  const path = join(kept, "ledger.sqlite");
  const isThere = existsSync(path);
  const database = openForWriting(path);
  // What a power cut would lose here can be made again.
  database.pragma("synchronous = OFF");
  migrate(database, path, ledgerMigrations);
  if (!isThere) {
    database.pragma("cache_size = -500000");
    database.pragma("journal_mode = OFF");
    // Filled row by row, those that are in no order would be written again and again.
    const indexes = database
      .prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'attempts' AND sql IS NOT NULL",
      )
      .all();
    for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
    for (const fill of [attemptsFilled, daysFilled, quartersFilled])
      database.exec(fill(dialect, size).replace("WITH", "WITH RECURSIVE"));
    for (const { sql } of indexes) database.exec(sql);
    database.exec(`INSERT INTO journals VALUES (1, 'journal-1', ${size.rows})`);
    database.pragma("journal_mode = WAL");
  }
  database.close();
  const reading = openForReading(path);
  const { statements, dialect: watched } = watchedSqlite(reading);
  return {
    name: "SQLite",
    bytes: statSync(path).size,
    reports: Reports.ofFolder(kept),
    watched: queryBuilder(watched),
    /** Of the statements since the last call. */
    plan: () =>
      statements.splice(0).flatMap((sql) =>
        reading
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map(({ detail }) => detail),
      ),
    close: () => {
      reading.close();
      if (folder === undefined) rmSync(kept, { recursive: true, force: true });
    },
  };
}
