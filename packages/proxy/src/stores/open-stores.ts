import {
  DirectoryError,
  GatewayLock,
  PostgresError,
  type PostgresSettings,
  postgresName,
  preparePostgres,
} from "@darkroom/accounts";
import type { Logger } from "pino";
import { Accounts } from "../access/accounts.js";
import type { Books } from "../books/books.js";
import { BooksError, openBooks } from "../books/open-books.js";
import type { GatewayConfig } from "../config/index.js";
import { Fleet } from "../fleet/fleet.js";
import { type LimitsStore, openLimitsStore } from "../limits/limits-store.js";
import { checkSharedLimits } from "./shared-limits.js";
import { StoresError } from "./stores-error.js";
import { unmovedBooks } from "./unmoved-books.js";

/** All that a gateway keeps outside of its memory. */
export interface Stores {
  readonly books: Books;
  readonly accounts: Accounts;
  readonly limits: LimitsStore;
  /** The gateways that share Redis and PostgreSQL; absent: this one is alone. */
  readonly fleet?: Fleet;
  /** Once it has drained. */
  close(): Promise<void>;
}

/** For so long a start waits for PostgreSQL. */
const waitMs = 30_000;

/** For so long a start waits for another gateway that is about to end. */
const lockWaitMs = 5_000;

/**
 * Opens what the configuration names. With Redis and PostgreSQL any number of gateways work side by side; with PostgreSQL
 * alone one; with Redis alone they share limits, and have neither keys nor budgets; with neither one, on its data folder.
 *
 * @param onLost another gateway works where this one has to be alone: it must end
 * @throws StoresError
 */
export async function openStores(
  config: GatewayConfig,
  folder: string,
  log: Logger,
  onLost: (reason: string) => void,
): Promise<Stores> {
  const opened: { close(): Promise<void> }[] = [];
  // The last one first: it works with those before it.
  const close = async (): Promise<void> => {
    for (const store of opened.splice(0).reverse()) await store.close();
  };
  const keep = <Store extends { close(): Promise<void> }>(store: Store): Store => {
    opened.push(store);
    return store;
  };
  const { postgres, redis } = config;
  const unmoved = postgres && unmovedBooks(folder, postgres);
  if (unmoved !== undefined) throw new StoresError(unmoved);
  try {
    if (postgres !== undefined) {
      const lock = await openPostgres(postgres, redis === undefined, log, onLost);
      keep({ close: () => lock.release() });
    }
    const books = keep(await openBooks(folder, log, { postgres, retention: config.retention }));
    const journalId = postgres === undefined ? undefined : books.ledger.journalId;
    const limits = keep(await openLimitsStore(redis, log, journalId));
    const accounts = keep(await Accounts.open(folder, config, limits.channel?.("directory")));
    log.info({ store: limits.name }, `limits and cooldowns are kept ${limits.name}`);
    if (redis !== undefined && postgres === undefined) await checkSharedLimits(config, accounts.directory);
    const { reservations } = limits;
    let fleet: Fleet | undefined;
    if (postgres !== undefined && reservations !== undefined) {
      const settings = config.fleet;
      fleet = keep(new Fleet({ folder, postgres, books, limits, reservations, settings, log }));
      await fleet.start();
    }
    await books.settleIn(limits);
    return { books, accounts, limits, close, ...(fleet !== undefined && { fleet }) };
  } catch (error) {
    await close();
    const isTold = [BooksError, DirectoryError, PostgresError, StoresError].some(
      (kind) => error instanceof kind,
    );
    throw isTold ? new StoresError((error as Error).message) : error;
  }
}

async function openPostgres(
  postgres: PostgresSettings,
  isAlone: boolean,
  log: Logger,
  onLost: (reason: string) => void,
): Promise<GatewayLock> {
  const name = postgresName(postgres);
  log.info({ store: name }, `keys, budgets and the ledger are kept in ${name}`);
  await preparePostgres(postgres, waitMs);
  return GatewayLock.take(postgres, { company: isAlone ? "alone" : "together", waitMs: lockWaitMs, onLost });
}
