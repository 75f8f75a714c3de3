import { postgresClient } from "../database/postgres/postgres-client.js";
import { settingsFromPostgresUrl } from "../database/postgres/postgres-settings.js";
import { LiteLlmRow } from "./litellm-row.js";

/** LiteLLM's database cannot be read; the message says why, and tells no password. */
export class LiteLlmDatabaseError extends Error {
  override readonly name = "LiteLlmDatabaseError";
}

/** Where Prisma, by which LiteLLM keeps its tables, puts them unless its address says otherwise. */
const defaultSchema = "public";

/** A table with some ten million rows is sorted in less. */
const deadlines = { connectMs: 10_000, statementMs: 600_000 };

/** Rows that are in memory at once. */
const rowsAtOnce = 1_000;

/**
 * LiteLLM's tables, all as they were at one moment. Nothing can be written: the transaction is read-only.
 *
 * Rows come as PostgreSQL's JSON, so that a table with more or fewer columns, as other versions of LiteLLM have it, is read
 * all the same. Tables: https://github.com/BerriAI/litellm/blob/main/schema.prisma
 */
export class LiteLlmDatabase {
  private constructor(private readonly client: Awaited<ReturnType<typeof postgresClient>>) {}

  /** @throws LiteLlmDatabaseError */
  static async open(url: string): Promise<LiteLlmDatabase> {
    let database: LiteLlmDatabase | undefined;
    try {
      const schema = /[?&]schema=([^&]*)/.exec(url)?.[1] ?? defaultSchema;
      database = new LiteLlmDatabase(await postgresClient(settingsFromPostgresUrl(url, schema), deadlines));
      await database.client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await database.client.query("SET LOCAL TIME ZONE 'UTC'");
    } catch (error) {
      await database?.close();
      const reason =
        error instanceof RangeError ? `its address is wrong: ${error.message}` : messageOf(error);
      throw new LiteLlmDatabaseError(`LiteLLM's database cannot be read: ${reason}.`);
    }
    if (await database.has("LiteLLM_VerificationToken")) return database;
    await database.close();
    throw new LiteLlmDatabaseError(
      'There is no table "LiteLLM_VerificationToken": this is no database of LiteLLM, or its tables are in another schema, which the address names with ?schema=NAME.',
    );
  }

  /** Every row of a table, of which a version of LiteLLM may not know anything. */
  async rows(table: string): Promise<readonly LiteLlmRow[]> {
    const all: LiteLlmRow[] = [];
    if (await this.has(table)) for await (const row of this.each(table)) all.push(row);
    return all;
  }

  /**
   * The rows of a table, some at a time.
   * @param where a condition of SQL over `t`, with $1 and so on
   */
  async *each(table: string, where = "true", values: readonly string[] = []): AsyncGenerator<LiteLlmRow> {
    const query = `DECLARE each_row NO SCROLL CURSOR FOR SELECT to_json(t)::text AS row FROM "${table}" t WHERE ${where}`;
    await this.client.query(query, [...values]);
    try {
      for (;;) {
        const { rows } = await this.client.query<{ row: string }>(`FETCH ${rowsAtOnce} FROM each_row`);
        for (const { row } of rows) yield new LiteLlmRow(JSON.parse(row) as Record<string, unknown>);
        if (rows.length < rowsAtOnce) return;
      }
    } finally {
      await this.client.query("CLOSE each_row").catch(() => undefined);
    }
  }

  async has(table: string): Promise<boolean> {
    const { rows } = await this.client.query<{ found: boolean }>(
      "SELECT to_regclass($1) IS NOT NULL AS found",
      [`"${table}"`],
    );
    return rows[0]?.found === true;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
