import type { Client } from "pg";
import { asPostgres } from "./postgres-dialect.js";
import { type PostgresSettings, postgresName } from "./postgres-settings.js";

/** The tables of the directory, or those of the ledger. */
export interface MigratedPart {
  readonly name: string;
  /** SQL texts, oldest first; one that was released is never changed. */
  readonly migrations: readonly string[];
}

/** Everybody who migrates a schema takes this lock first. */
const migrationLock = "darkroom migrations";

/**
 * Makes our schema where it is missing, and brings its tables to the newest form, as a whole or not at all. Of gateways that
 * start together one does so, while the others wait.
 *
 * @throws Error where the schema is somebody else's, or was written by a newer version; the message says what to do
 */
export async function migratePostgres(
  client: Client,
  settings: PostgresSettings,
  parts: readonly MigratedPart[],
): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))", [
      migrationLock,
      settings.schema,
    ]);
    await makeSchema(client, settings);
    for (const part of parts) await migratePart(client, settings, part);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function makeSchema(client: Client, settings: PostgresSettings): Promise<void> {
  const { schema } = settings;
  const { rows } = await client.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1",
    [schema],
  );
  const names = rows.map(({ name }) => name);
  if (names.includes("migrations") && !names.some(isOfLitellm)) return;
  if (names.length > 0)
    throw new Error(
      `The ${postgresName(settings)}, has tables that are not Darkroom's (${names.slice(0, 3).join(", ")}): ` +
        "choose another schema with general_settings.database_schema.",
    );
  // Where it is there already, Darkroom may lack the right to make one.
  const known = await client.query("SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", [
    schema,
  ]);
  if (known.rows.length === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await client.query(`CREATE TABLE ${schema}.migrations (part TEXT PRIMARY KEY, version BIGINT NOT NULL)`);
}

const isOfLitellm = (name: string): boolean => /^LiteLLM_/i.test(name);

async function migratePart(
  client: Client,
  settings: PostgresSettings,
  { name, migrations }: MigratedPart,
): Promise<void> {
  const { rows } = await client.query<{ version: bigint }>("SELECT version FROM migrations WHERE part = $1", [
    name,
  ]);
  const version = Number(rows[0]?.version ?? 0n);
  if (version > migrations.length)
    throw new Error(
      `The ${postgresName(settings)}, was written by a newer version of Darkroom ` +
        `(the form of its ${name} is ${version}, known is ${migrations.length}). Run that version, or one after it.`,
    );
  for (const migration of migrations.slice(version)) await client.query(asPostgres(migration));
  await client.query(
    "INSERT INTO migrations VALUES ($1, $2) ON CONFLICT (part) DO UPDATE SET version = excluded.version",
    [name, migrations.length],
  );
}
