import type { Pool } from "pg";
import {
  type PostgresDeadlines,
  postgresClient,
  postgresPool,
} from "../database/postgres/postgres-client.js";
import type { PostgresSettings } from "../database/postgres/postgres-settings.js";

/** It is asked in the background: what takes longer is tried again later. */
const deadlines: PostgresDeadlines = { connectMs: 2_000, statementMs: 2_000 };

const nowMs = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** Whose journal's lock it is. */
const lockName = "darkroom dead gateways";

/** Where a gateway keeps its journal. */
export interface GatewayPlace {
  readonly journalId: string;
  readonly host: string;
  /** Its data folder, as an absolute path of that host. */
  readonly folder: string;
}

export interface KnownGateway extends GatewayPlace {
  /** When it was seen, in milliseconds since 1970 by the database's clock. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** For how long it has not said that it is there. */
  readonly silentForMs: number;
  /** `lost`: what it had reserved was entered in the ledger, since nobody reaches its journal. */
  readonly state: "running" | "lost";
}

/** The gateways of a fleet, as the database knows them. Every method throws where that does not answer in time. */
export class GatewayRegister {
  readonly #pool: Pool;

  constructor(private readonly settings: PostgresSettings) {
    this.#pool = postgresPool(settings, deadlines, 1);
  }

  /** The gateway is there, whatever was known of it. */
  async seen({ journalId, host, folder }: GatewayPlace): Promise<void> {
    await this.#pool.query(
      `INSERT INTO gateways VALUES ($1, $2, $3, ${nowMs}, ${nowMs}, 'running')
       ON CONFLICT (journal_id) DO UPDATE SET
         host = excluded.host, folder = excluded.folder, last_seen_ms = excluded.last_seen_ms, state = 'running'`,
      [journalId, host, folder],
    );
  }

  /** Nothing of its journal is left to be done. */
  async forget(journalId: string): Promise<void> {
    await this.#pool.query("DELETE FROM gateways WHERE journal_id = $1", [journalId]);
  }

  /** What it had reserved is in the ledger. One that was seen meanwhile stays as it is. */
  async markLost({ journalId, lastSeenMs }: KnownGateway): Promise<void> {
    await this.#pool.query("UPDATE gateways SET state = 'lost' WHERE journal_id = $1 AND last_seen_ms = $2", [
      journalId,
      lastSeenMs,
    ]);
  }

  /** Lost ones that were not seen for so long are not looked for any more. */
  async forgetLost(afterMs: number): Promise<void> {
    await this.#pool.query(
      `DELETE FROM gateways WHERE state = 'lost' AND last_seen_ms < ${nowMs} - $1::bigint`,
      [afterMs],
    );
  }

  /** Those that were silent for so long or longer, the longest first. */
  async silentFor(milliseconds: number): Promise<readonly KnownGateway[]> {
    return this.#known("last_seen_ms <= now_ms - $1::bigint", [milliseconds]);
  }

  async find(journalId: string): Promise<KnownGateway | undefined> {
    return (await this.#known("journal_id = $1", [journalId]))[0];
  }

  /**
   * Does something about a journal while no other gateway does.
   * @returns undefined where another one does
   */
  async alone<Result>(journalId: string, act: () => Promise<Result>): Promise<Result | undefined> {
    // A connection of its own: the lock ends with it, whatever becomes of this process.
    const client = await postgresClient(this.settings, deadlines);
    try {
      const { rows } = await client.query<{ taken: boolean }>(
        "SELECT pg_try_advisory_lock(hashtext($1), hashtext($2)) AS taken",
        [lockName, `${this.settings.schema} ${journalId}`],
      );
      return rows[0]?.taken === true ? await act() : undefined;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #known(condition: string, values: readonly unknown[]): Promise<KnownGateway[]> {
    const { rows } = await this.#pool.query<{
      journal_id: string;
      host: string;
      folder: string;
      first_seen_ms: bigint;
      last_seen_ms: bigint;
      state: KnownGateway["state"];
      now_ms: bigint;
    }>(
      `SELECT * FROM gateways, (SELECT ${nowMs} AS now_ms) AS clock WHERE ${condition} ORDER BY last_seen_ms, journal_id`,
      [...values],
    );
    return rows.map((row) => ({
      journalId: row.journal_id,
      host: row.host,
      folder: row.folder,
      firstSeenMs: Number(row.first_seen_ms),
      lastSeenMs: Number(row.last_seen_ms),
      silentForMs: Math.max(0, Number(row.now_ms - row.last_seen_ms)),
      state: row.state,
    }));
  }
}
