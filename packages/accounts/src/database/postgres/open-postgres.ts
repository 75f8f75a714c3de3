import { directoryMigrations } from "../../directory/schema.js";
import { gatewayMigrations } from "../../fleet/schema.js";
import { postgresLedgerMigrations } from "../../ledger/schema.js";
import { type PostgresDeadlines, postgresClient } from "./postgres-client.js";
import { migratePostgres } from "./migrate-postgres.js";
import { type PostgresSettings, postgresName } from "./postgres-settings.js";

/** Who else migrates at the same time is waited for. */
const deadlines: PostgresDeadlines = { connectMs: 5_000, statementMs: 300_000 };

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
  try {
    const client = await connected(settings, waitMs);
    try {
      await migratePostgres(client, settings, [
        { name: "directory", migrations: directoryMigrations },
        { name: "ledger", migrations: postgresLedgerMigrations },
        { name: "gateways", migrations: gatewayMigrations },
      ]);
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

function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
