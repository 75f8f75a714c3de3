import { PostgresDialect } from "kysely";
import type { Client } from "pg";
import type { SqlValue } from "../prepared-statement.js";
import type { DatabaseStatement, StatementDatabase } from "../statement-database.js";
import { type PostgresDeadlines, postgresClient } from "./postgres-client.js";
import { withoutNul } from "./postgres-dialect.js";
import type { PostgresSettings } from "./postgres-settings.js";

/** A batch of a thousand entries takes a second at most on a database that is well. */
const deadlines: PostgresDeadlines = { connectMs: 5_000, statementMs: 30_000 };

/**
 * Statements of a PostgreSQL, over one connection. One that breaks is given up, with the transaction on it, and another is
 * made for whatever comes next.
 */
export class PostgresStatements implements StatementDatabase {
  /** For compiling alone. */
  readonly dialect = new PostgresDialect({ pool: () => Promise.reject(new Error("no pool")) });
  #client: Promise<Client> | undefined;
  /** Of the transaction that is under way: none of it may go over another connection, where it would not be undone. */
  #pinned: Client | undefined;
  #changes: Promise<unknown> = Promise.resolve();
  #statements = 0;

  constructor(private readonly settings: PostgresSettings) {}

  placeholder(number: number): string {
    return `$${number}`;
  }

  prepare(sql: string): DatabaseStatement {
    const name = `darkroom-${(this.#statements += 1)}`;
    const query = async (values: readonly SqlValue[]) => {
      const client = this.#pinned ?? (await this.#connected());
      return client.query({ name, text: sql, values: values.map(withoutNul) });
    };
    return {
      run: async (values) => (await query(values)).rowCount ?? 0,
      all: async (values) => (await query(values)).rows as unknown[],
    };
  }

  inTransaction<Result>(change: () => Promise<Result>): Promise<Result> {
    const made = this.#changes.then(() => this.#make(change));
    this.#changes = made.catch(() => undefined);
    return made;
  }

  /** By SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html): data exceptions and violated constraints. */
  isAboutValues(error: unknown): error is Error {
    return error instanceof Error && "code" in error && /^2[23]...$/.test(String(error.code));
  }

  async close(): Promise<void> {
    await this.#changes;
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #make<Result>(change: () => Promise<Result>): Promise<Result> {
    const client = await this.#connected();
    this.#pinned = client;
    try {
      await client.query("BEGIN");
      const result = await change();
      await client.query("COMMIT");
      return result;
    } catch (error) {
      // After an error the transaction does nothing any more. Whether a commit without an answer was made, its mark tells.
      await client.query("ROLLBACK").catch(() => this.#giveUp(client));
      throw error;
    } finally {
      this.#pinned = undefined;
    }
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    try {
      const client = await postgresClient(this.settings, deadlines);
      client.once("end", () => this.#giveUp(client));
      client.once("error", () => this.#giveUp(client));
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  #giveUp(client: Client): void {
    const given = this.#client;
    void given?.then(
      (current) => {
        if (current === client && this.#client === given) this.#client = undefined;
      },
      () => undefined,
    );
    client.end().catch(() => undefined);
  }
}
