import type { LibsqlDatabase } from "../database/open-database.js";
import { withoutNul } from "../database/postgres/postgres-dialect.js";
import { FiguresOfRows, type TableFigures } from "./figures.js";

/** Rows that are in memory at once. */
const rowsAtOnce = 1_000;

/** The tables of a file. */
export function tablesOf(database: LibsqlDatabase): readonly string[] {
  const rows = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all() as { name: string }[];
  return rows.map(({ name }) => name);
}

export function columnsOf(database: LibsqlDatabase, table: string): readonly string[] {
  const rows = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[];
  return rows.map(({ name }) => name);
}

/**
 * Reads a table from its beginning to its end, in the order of its primary key.
 * @param take is given some rows at a time, column by column, as PostgreSQL takes them
 * @throws Error where it were not all of its rows
 */
export async function readTable(
  database: LibsqlDatabase,
  table: string,
  take: (columns: readonly (readonly unknown[])[]) => Promise<unknown> | undefined,
): Promise<TableFigures> {
  const names = columnsOf(database, table);
  const figures = new FiguresOfRows(names);
  const key = keyOf(database, table);
  const page = (where: string) =>
    database.prepare(`SELECT * FROM ${table} ${where} ORDER BY ${key.join(", ")} LIMIT ${rowsAtOnce}`);
  const [first, next] = [page(""), page(`WHERE (${key.join(", ")}) > (${key.map(() => "?").join(", ")})`)];
  let rows = first.all() as Record<string, unknown>[];
  while (rows.length > 0) {
    const columns = names.map((name) => rows.map((row) => withoutNul(row[name])));
    for (const [index, name] of names.entries()) figures.addColumn(name, columns[index] ?? []);
    figures.addRows(rows.length);
    await take(columns);
    const last = rows.at(-1);
    rows = next.all(key.map((name) => last?.[name])) as Record<string, unknown>[];
  }
  const [{ count } = { count: 0n }] = database.prepare(`SELECT count(*) AS count FROM ${table}`).all() as {
    count: bigint;
  }[];
  if (Number(count) !== figures.rows)
    throw new Error(`of ${table}, ${figures.rows} of ${count} rows were read`);
  return figures;
}

function keyOf(database: LibsqlDatabase, table: string): readonly string[] {
  const rows = database
    .prepare(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`)
    .all() as { name: string }[];
  return rows.map(({ name }) => name);
}
