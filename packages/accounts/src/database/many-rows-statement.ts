import type { Compilable } from "kysely";
import type { Names, SqlValue, Values } from "./prepared-statement.js";
import type { DatabaseStatement, StatementDatabase } from "./statement-database.js";

/** Rows a statement takes, most first. */
const sizes = [64, 32, 16, 8, 4, 2, 1];

/** A statement that inserts any number of rows, many at a time: a call of the database costs as much as some ten rows. */
export class ManyRowsStatement<Row extends Values<keyof Row & string>> {
  readonly #statements = new Map<number, DatabaseStatement>();
  #columns: readonly (keyof Row)[] = [];

  /** @param build gets, for each of some rows, the names of its values where a query would have these */
  constructor(
    private readonly database: StatementDatabase,
    private readonly build: (rows: readonly Names<Row>[]) => Compilable,
  ) {}

  /** @param rows all with the same columns, in the same order */
  async run(rows: readonly Row[]): Promise<void> {
    for (const { statement, values } of this.#parts(rows)) await statement.run(values);
  }

  /** @returns what the statement returns of its rows, as they are in the database */
  async all(rows: readonly Row[]): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const { statement, values } of this.#parts(rows)) found.push(...(await statement.all(values)));
    return found;
  }

  *#parts(rows: readonly Row[]): Generator<{ statement: DatabaseStatement; values: SqlValue[] }, void> {
    let start = 0;
    for (const size of sizes) {
      for (; start + size <= rows.length; start += size) {
        const part = rows.slice(start, start + size);
        const statement = this.#statementFor(part);
        const values: SqlValue[] = [];
        for (const row of part) for (const column of this.#columns) values.push(row[column]);
        yield { statement, values };
      }
    }
  }

  #statementFor(rows: readonly Row[]): DatabaseStatement {
    const known = this.#statements.get(rows.length);
    if (known !== undefined) return known;
    const columns = Object.keys(rows[0] ?? {});
    const names = Object.fromEntries(columns.map((name) => [name, name])) as Names<Row>;
    const { sql, parameters } = this.build(rows.map(() => names)).compile();
    this.#columns = parameters.slice(0, parameters.length / rows.length) as (keyof Row)[];
    const statement = this.database.prepare(sql);
    this.#statements.set(rows.length, statement);
    return statement;
  }
}
