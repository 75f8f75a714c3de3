import type { Client } from "pg";
import { type Timers, systemTimers } from "../../timers.js";
import { PostgresError } from "./open-postgres.js";
import { type PostgresDeadlines, postgresClient } from "./postgres-client.js";
import { type PostgresSettings, postgresName } from "./postgres-settings.js";

const deadlines: PostgresDeadlines = { connectMs: 2_000, statementMs: 5_000 };

/** A connection that was lost is made anew so often; so is a lock tried for that another gateway has. */
const retryMs = 1_000;

/**
 * `alone`: no other gateway works on the schema. `together`: only such as say so too, since they share their limits.
 */
export type GatewayCompany = "alone" | "together";

export interface GatewayLockOptions {
  readonly company: GatewayCompany;
  /** For so long another gateway's end is waited for. */
  readonly waitMs: number;
  /** Another gateway has got it while the connection was lost: this one must end. */
  readonly onLost: (reason: string) => void;
  readonly timers?: Timers;
}

/**
 * Says to other gateways how this one works on a schema, for as long as it lives: PostgreSQL drops the lock with the
 * connection that has taken it. While the connection is lost nobody else gets far either: the database was lost with it, or
 * this gateway is cut off, and then the lock is taken again or the gateway ends.
 */
export class GatewayLock {
  readonly #settings: PostgresSettings;
  readonly #options: GatewayLockOptions;
  readonly #timers: Timers;
  #client: Client | undefined;
  #callOff: () => void = () => undefined;
  #isReleased = false;

  /** @throws PostgresError where another gateway works on the schema */
  static async take(settings: PostgresSettings, options: GatewayLockOptions): Promise<GatewayLock> {
    const lock = new GatewayLock(settings, options);
    const endMs = performance.now() + options.waitMs;
    while (!(await lock.#take())) {
      if (performance.now() >= endMs) throw new PostgresError(refusal(settings, options.company));
      await new Promise((resolve) => setTimeout(resolve, Math.min(retryMs, options.waitMs)));
    }
    return lock;
  }

  private constructor(settings: PostgresSettings, options: GatewayLockOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    this.#callOff();
    await this.#client?.end().catch(() => undefined);
  }

  /** @returns whether nobody is in the way */
  async #take(): Promise<boolean> {
    const client = await postgresClient(this.#settings, deadlines);
    const lock = this.#options.company === "alone" ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared";
    const { rows } = await client.query<{ taken: boolean }>(
      `SELECT ${lock}(hashtext('darkroom gateways'), hashtext($1)) AS taken`,
      [this.#settings.schema],
    );
    if (rows[0]?.taken !== true || this.#isReleased) {
      await client.end();
      return this.#isReleased;
    }
    this.#client = client;
    client.once("end", () => this.#takeAgain());
    client.once("error", () => void client.end().catch(() => undefined));
    return true;
  }

  #takeAgain(): void {
    if (this.#isReleased) return;
    this.#client = undefined;
    this.#callOff = this.#timers.after(retryMs, () => {
      this.#take().then(
        (isTaken) => {
          if (!isTaken) this.#options.onLost(refusal(this.#settings, this.#options.company));
        },
        () => this.#takeAgain(),
      );
    });
  }
}

function refusal(settings: PostgresSettings, company: GatewayCompany): string {
  const others =
    company === "alone"
      ? "another gateway works on it. Several can only with the same REDIS_URL, where they share their limits"
      : "a gateway without REDIS_URL works on it, which shares no limits. Give it the same REDIS_URL, or end it";
  return `The ${postgresName(settings)}, is in use: ${others}.`;
}
