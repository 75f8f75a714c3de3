import { createRequire } from "node:module";

const { PostgresDialect, SqliteDialect } = createRequire(
  new URL("../../../packages/accounts/package.json", import.meta.url),
)("kysely");

/** A dialect over a SQLite file that remembers what it was asked. */
export function watchedSqlite(database) {
  const statements = [];
  const prepare = (sql) => {
    statements.push(sql);
    return database.prepare(sql);
  };
  return {
    statements,
    dialect: new SqliteDialect({ database: { prepare, close: () => undefined } }),
  };
}

/** The same over a PostgreSQL, whose plan depends on the values too. */
export function watchedPostgres(pool) {
  const statements = [];
  const connect = async () => {
    const client = await pool.connect();
    const query = (text, values) => {
      statements.push({ text, values });
      return client.query(text, values);
    };
    return { query, release: () => client.release() };
  };
  return { statements, dialect: new PostgresDialect({ pool: { connect, end: async () => undefined } }) };
}
