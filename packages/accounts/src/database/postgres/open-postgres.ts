import type { Client } from "pg";
import { directoryMigrations } from "../../directory/schema.js";
import { gatewayMigrations } from "../../fleet/schema.js";
import { postgresLedgerMigrations } from "../../ledger/migrations.js";
import { type PostgresDeadlines, postgresClient } from "./postgres-client.js";
import { type MigratedPart, migratePostgres } from "./migrate-postgres.js";
import { type PostgresSettings, postgresName } from "./postgres-settings.js";

/** Who else migrates at the same time is waited for. */
const deadlines: PostgresDeadlines = { connectMs: 5_000, statementMs: 300_000 };

const parts: readonly MigratedPart[] = [
  { name: "directory", migrations: directoryMigrations },
  { name: "ledger", migrations: postgresLedgerMigrations },
  { name: "gateways", migrations: gatewayMigrations },
];

/** The database cannot be used; the message, without a secret, says which and what to do. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
}

/**
 * Makes our tables in a PostgreSQL, or brings them to the newest form.
 *
 * @param waitMs for so long the server is waited for, where it does not answer yet
 * @throws PostgresError
 */
export async function preparePostgres(settings: PostgresSettings, waitMs = 0): Promise<void> {
  await withClient(settings, waitMs, (client) => migratePostgres(client, settings, parts));
}

/**
 * Whether our tables are there; for whoever must not make any.
 * @throws PostgresError where they are of an older version's form, or nothing can be asked
 */
export async function isPreparedPostgres(settings: PostgresSettings): Promise<boolean> {
  return withClient(settings, 0, async (client) => {
    const { rows: found } = await client.query<{ found: boolean }>(
      "SELECT to_regclass($1) IS NOT NULL AS found",
      [`${settings.schema}.migrations`],
    );
    if (found[0]?.found !== true) return false;
    const { rows } = await client.query<{ part: string; version: bigint }>(
      "SELECT part, version FROM migrations",
    );
    const versions = new Map(rows.map(({ part, version }) => [part, Number(version)]));
    if (parts.every(({ name, migrations }) => versions.get(name) === migrations.length)) return true;
    throw new Error(
      "its tables are of another version. A start of this version's gateway brings older ones to its form.",
    );
  });
}

async function withClient<Result>(
  settings: PostgresSettings,
  waitMs: number,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  try {
    const client = await connected(settings, waitMs);
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message || String(codeOf(error)) : String(error);
    throw new PostgresError(`The ${postgresName(settings)}, cannot be used: ${reason}`);
  }
}

async function connected(settings: PostgresSettings, waitMs: number) {
  const endMs = performance.now() + waitMs;
  for (;;) {
    try {
      return await postgresClient(settings, deadlines);
    } catch (error) {
      if (!isAway(error) || performance.now() >= endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** What may be over in a moment; a wrong password is not. */
function isAway(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || /^(E|57P0|08)/.test(code);
}

/** Whether a query failed because nobody can be asked at present, or nothing can be written. */
export function isPostgresAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return awayCodes.test(codeOf(error) ?? "") || awayMessages.test(error.message);
}

/** Of Node's connections; of PostgreSQL: connection failures, shutting down, too many connections, read-only. */
const awayCodes = /^(ECONN|ENOTFOUND|ENOENT|EPIPE|ETIMEDOUT|EHOST|EAI_|08|57P0|53300|25006)/;

/** What pg says without a code. */
const awayMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
