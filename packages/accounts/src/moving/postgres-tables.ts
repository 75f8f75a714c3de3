import type { Client } from "pg";
import type { TableFigures } from "./figures.js";

/** A column as PostgreSQL has it. */
interface Column {
  readonly name: string;
  readonly type: "bigint" | "text";
  /** Numbers are given by PostgreSQL where a row has none. */
  readonly isNumbered: boolean;
}

/** Our tables in a PostgreSQL, within the transaction that fills them. */
export class PostgresTables {
  readonly #known = new Map<string, readonly Column[]>();

  constructor(
    private readonly client: Client,
    private readonly schema: string,
  ) {}

  /** Of these tables, one that somebody has written to. */
  async filled(tables: readonly string[]): Promise<string | undefined> {
    for (const table of tables) {
      const untouched = untouchedRows[table];
      const { rows } = await this.client.query(
        `SELECT 1 FROM ${table} ${untouched === undefined ? "" : `WHERE NOT (${untouched})`} LIMIT 1`,
      );
      if (rows.length > 0) return table;
    }
    return undefined;
  }

  /** Makes room for the rows that are to come. */
  async clear(table: string): Promise<void> {
    if (untouchedRows[table] !== undefined) await this.client.query(`DELETE FROM ${table}`);
  }

  /** @param names of the columns, in the order of their values */
  async insert(
    table: string,
    names: readonly string[],
    columns: readonly (readonly unknown[])[],
  ): Promise<void> {
    const types = new Map((await this.#columnsOf(table)).map(({ name, type }) => [name, type]));
    const places = names.map((name, index) => `$${index + 1}::${types.get(name) ?? "text"}[]`);
    await this.client.query({
      name: `fill-${table}`,
      text: `INSERT INTO ${table} (${names.join(", ")}) SELECT * FROM unnest(${places.join(", ")})`,
      values: columns.map((column) => [...column]),
    });
  }

  /** Rows that come later are numbered behind those that are there. */
  async continueNumbers(table: string): Promise<void> {
    for (const { name, isNumbered } of await this.#columnsOf(table))
      if (isNumbered)
        await this.client.query(
          `SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max(${name}), 0) + 1, false) FROM ${table}`,
          [`${this.schema}.${table}`, name],
        );
  }

  async figures(table: string): Promise<TableFigures> {
    const columns = await this.#columnsOf(table);
    const sums = columns.map(({ name, type }) =>
      type === "bigint" ? `coalesce(sum(${name}), 0)` : `coalesce(sum(octet_length(${name})), 0)`,
    );
    const { rows } = await this.client.query<bigint[]>({
      text: `SELECT count(*), ${sums.join(", ")} FROM ${table}`,
      rowMode: "array",
    });
    const [count = 0n, ...values] = rows[0] ?? [];
    return {
      rows: Number(count),
      sums: new Map(columns.map(({ name }, index) => [name, values[index] ?? 0n])),
    };
  }

  async #columnsOf(table: string): Promise<readonly Column[]> {
    const known = this.#known.get(table);
    if (known !== undefined) return known;
    const { rows } = await this.client.query<Column>(
      `SELECT column_name AS name, data_type AS type, is_identity = 'YES' AS "isNumbered"
       FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
      [this.schema, table],
    );
    this.#known.set(table, rows);
    return rows;
  }
}

/** Rows that a migration makes, as they are before anything has happened. */
const untouchedRows: Readonly<Record<string, string>> = {
  state: "version = 0",
  deleted: "before_ms = 0 AND attempts = 0",
};
