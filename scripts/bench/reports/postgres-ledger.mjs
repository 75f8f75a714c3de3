import { postgresPrograms } from "../../postgres-server.mjs";
import { attemptsFilled, daysFilled, quartersFilled } from "./filling.mjs";
import { watchedPostgres } from "./watched-dialects.mjs";

const dist = "../../../packages/accounts/dist";

const dialect = {
  numbers: (name, count, column = "number") =>
    `${name} AS (SELECT ${column} FROM generate_series(0::bigint, ${count - 1}) AS ${column})`,
  whole: (number) => `floor(${number})::bigint`,
  quarterHour: (ms) =>
    `to_char(to_timestamp((${ms}) / 900000 * 900) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI')`,
  day: (ms) => `to_char(to_timestamp((${ms}) / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  numbered: (name) => `'${name}' || lpad(number::text, 10, '0')`,
  keyId: (key) => `lpad(to_hex(${key}), 16, '0') || repeat('0', 48)`,
};

/** A ledger in a PostgreSQL that is started for it and goes with it. */
export async function postgresLedger(size) {
  process.env.POSTGRES_PROGRAMS ??= postgresPrograms() ?? process.exit(1);
  const { PostgresServer } = await import(`${dist}/database/postgres/postgres-server.test.support.js`);
  const { postgresPool } = await import(`${dist}/database/postgres/postgres-client.js`);
  const { queryBuilder } = await import(`${dist}/database/query-builder.js`);
  const { Reports, preparePostgres } = await import(`${dist}/index.js`);
  const server = await PostgresServer.start(
    ...[
      "-c",
      "shared_buffers=512MB",
      "-c",
      "max_wal_size=8GB",
      "-c",
      "wal_level=minimal",
      "-c",
      "max_wal_senders=0",
    ],
  );
  // Its folder may be large: it goes whatever happens.
  process.once("uncaughtException", (error) => {
    console.error(error);
    void server.stop().then(() => process.exit(1));
  });
  const settings = server.settings();
  await preparePostgres(settings);
  const ofSchema = (sql) => server.query(`SET search_path = ${settings.schema}; ${sql}`);
  const indexes = await server.query(
    `SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = '${settings.schema}' AND tablename = 'attempts' AND indexdef NOT LIKE '%UNIQUE%'`,
  );
  // Filled row by row, those that are in no order would be written again and again.
  for (const { name } of indexes) await ofSchema(`DROP INDEX ${name}`);
  for (const fill of [attemptsFilled, daysFilled, quartersFilled]) await ofSchema(fill(dialect, size));
  for (const { sql } of indexes) await ofSchema(sql);
  await ofSchema(`INSERT INTO journals VALUES (1, 'journal-1', ${size.rows})`);
  // As its autovacuum does, which the server here is without.
  await ofSchema("ANALYZE");
  await server.query(`VACUUM ${settings.schema}.attempts`);
  await server.query(`VACUUM ${settings.schema}.daily_spend`);
  const [{ bytes }] = await server.query("SELECT pg_database_size('postgres') AS bytes");
  const pool = postgresPool(settings, { connectMs: 5_000, statementMs: 600_000 }, 1);
  const { statements, dialect: watched } = watchedPostgres(pool);
  return {
    name: "PostgreSQL",
    bytes: Number(bytes),
    reports: Reports.ofPostgres(settings),
    watched: queryBuilder(watched),
    plan: async () => {
      const lines = [];
      for (const { text, values } of statements.splice(0))
        lines.push(...(await pool.query(`EXPLAIN (COSTS OFF) ${text}`, values)).rows);
      return lines.map((line) => line["QUERY PLAN"]);
    },
    close: async () => {
      await pool.end();
      await server.stop();
    },
  };
}
