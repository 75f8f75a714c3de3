import { Client, Pool, type ClientConfig, type PoolClient, types } from "pg";
import type { PostgresSettings, PostgresTls } from "./postgres-settings.js";

/** How long PostgreSQL is waited for, in milliseconds. */
export interface PostgresDeadlines {
  readonly connectMs: number;
  readonly statementMs: number;
}

/** By the numbers of their types (https://github.com/postgres/postgres/blob/REL_15_0/src/include/catalog/pg_type.dat). */
const wholeNumbers: ReadonlySet<number> = new Set([/* int8 */ 20, /* int4 */ 23, /* numeric */ 1700]);

const usualParser = types.getTypeParser as (oid: number, format?: string) => (value: string) => unknown;

/** Integers as bigints and sums of them too, as the SQLite library gives them. */
export const exactTypes = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    wholeNumbers.has(oid) ? exactNumber : usualParser(oid, format),
};

function exactNumber(text: string): bigint | number {
  return text.includes(".") || text === "NaN" ? Number(text) : BigInt(text);
}

/**
 * How every connection is made. Names without a schema mean ours and nothing else, so that another program's tables in the
 * same database are out of reach.
 */
function clientConfig(
  { host, port, database, user, password, tls, schema }: PostgresSettings,
  { connectMs, statementMs }: PostgresDeadlines,
): ClientConfig {
  const session = {
    search_path: schema,
    // The server gives up first, and says so.
    statement_timeout: `${statementMs}`,
    // Of a gateway whose machine is gone, the server drops connections, and locks with them, within half a minute.
    tcp_keepalives_idle: "10",
    tcp_keepalives_interval: "5",
    tcp_keepalives_count: "3",
  };
  return {
    host,
    port,
    database,
    user,
    // A function: the library would else look for a password in files and the environment, and hang at a missing one.
    password: password ?? (() => ""),
    application_name: "darkroom",
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs + 1_000,
    keepAlive: true,
    options: Object.entries(session)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    types: exactTypes,
    ssl: tls === undefined ? false : tlsOptions(tls, host),
  };
}

function tlsOptions({ verify, ca, cert, key }: PostgresTls, host: string): object {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(verify === "verify-full" && { servername: host }),
    rejectUnauthorized: verify !== "require",
    ...(verify === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}

/** Connections that are made as they are needed. What is asked while there is none fails by itself. */
export function postgresPool(
  settings: PostgresSettings,
  deadlines: PostgresDeadlines,
  mostConnections: number,
): Pool {
  const pool = new Pool({
    ...clientConfig(settings, deadlines),
    max: mostConnections,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
  });
  // Without a listener, an idle connection that breaks would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client: PoolClient) => client.on("error", () => undefined));
  return pool;
}

/** One connection. @throws Error where there is none in time */
export async function postgresClient(
  settings: PostgresSettings,
  deadlines: PostgresDeadlines,
): Promise<Client> {
  const client = new Client(clientConfig(settings, deadlines));
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
}
