import { SqliteDialect } from "kysely";
import type { LibsqlDatabase } from "./open-database.js";
import type { SqlValue } from "./prepared-statement.js";
import { isAboutValues } from "./sqlite-error.js";
import type { DatabaseStatement, StatementDatabase } from "./statement-database.js";

/** Statements of a SQLite file. */
export class SqliteStatements implements StatementDatabase {
  readonly dialect: SqliteDialect;
  readonly isAboutValues = isAboutValues;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: LibsqlDatabase) {
    this.dialect = new SqliteDialect({ database });
  }

  placeholder(): string {
    return "?";
  }

  prepare(sql: string): DatabaseStatement {
    const statement = this.database.prepare(sql);
    return {
      run: (values: readonly SqlValue[]) => statement.run([...values]).changes,
      all: (values: readonly SqlValue[]) => statement.all([...values]),
    };
  }

  inTransaction<Result>(change: () => Promise<Result>): Promise<Result> {
    const made = this.#changes.then(() => this.#make(change));
    this.#changes = made.catch(() => undefined);
    return made;
  }

  close(): void {
    this.database.close();
  }

  /** As `inTransaction`, for a change that takes several turns: a full disk may end the transaction itself. */
  async #make<Result>(change: () => Promise<Result>): Promise<Result> {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      const result = await change();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.database.inTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }
}
