import type { SqlValue } from "./prepared-statement.js";
import type { DatabaseStatement, StatementDatabase } from "./statement-database.js";

/** Rows a statement takes, most first. */
const sizes = [64, 16, 4, 1];

/** Runs a statement over any number of rows, many at a time. */
export class ManyRowsStatement {
  readonly #statements = new Map<number, DatabaseStatement>();

  /**
   * @param before the statement up to its rows, as "INSERT INTO intents VALUES"
   * @param width how many values a row has
   * @param after what follows the rows
   */
  constructor(
    private readonly database: StatementDatabase,
    private readonly before: string,
    private readonly width: number,
    private readonly after: string,
  ) {}

  /** @param values of all rows, one after another */
  async run(values: readonly SqlValue[]): Promise<void> {
    let start = 0;
    for (const size of sizes) {
      const length = size * this.width;
      for (; start + length <= values.length; start += length)
        await this.#of(size).run(values.slice(start, start + length));
    }
  }

  #of(size: number): DatabaseStatement {
    const known = this.#statements.get(size);
    if (known !== undefined) return known;
    const rows = Array.from({ length: size }, (_, row) => {
      const places = Array.from({ length: this.width }, (_, column) =>
        this.database.placeholder(row * this.width + column + 1),
      );
      return `(${places.join(",")})`;
    });
    const statement = this.database.prepare(`${this.before} ${rows.join(",")}${this.after}`);
    this.#statements.set(size, statement);
    return statement;
  }
}
