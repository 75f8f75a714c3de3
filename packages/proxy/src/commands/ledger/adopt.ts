import {
  DataFolderInUseError,
  GatewayRegister,
  type PostgresSettings,
  postgresName,
  preparePostgres,
} from "@darkroom/accounts";
import { type AdoptedJournal, AdoptionError, adoptJournal } from "../../books/adopt-journal.js";
import type { RedisConfig } from "../../config/settings/redis.js";
import { openLimitsStore } from "../../limits/limits-store.js";
import { createLog } from "../../observability/log.js";
import { unmovedBooks } from "../../stores/unmoved-books.js";
import { CommandError } from "../command-error.js";

export interface AdoptOptions {
  /** The data folder that a gateway has left behind. */
  readonly folder: string;
  readonly postgres: PostgresSettings;
  readonly redis: RedisConfig | undefined;
}

/**
 * `darkroom ledger adopt`: adopts a journal, which gateways that reach its folder do by themselves.
 *
 * @returns what was done, for people
 * @throws CommandError where a gateway works on the folder, or nothing can be done now; it can be tried again
 */
export async function adopt({ folder, postgres, redis }: AdoptOptions): Promise<string> {
  const unmoved = unmovedBooks(folder, postgres);
  if (unmoved !== undefined) throw new CommandError(unmoved);
  await preparePostgres(postgres);
  const limits = redis && (await openLimitsStore(redis, createLog("silent")));
  try {
    const { journalId, shipped, recovered } = await told(folder, adoptJournal({ folder, postgres, limits }));
    const register = new GatewayRegister(postgres);
    // Where it is not forgotten, gateways find that nothing is left to be done.
    await register.forget(journalId).catch(() => undefined);
    await register.close();
    return [
      `${count(shipped, "entry", "entries")} of ${folder} went to the ${postgresName(postgres)}.`,
      `${count(recovered, "attempt", "attempts")} had no outcome, and ${recovered === 1 ? "is" : "are"} uncertain now.`,
      ...(redis === undefined ? ["REDIS_URL is not set: reservations were not settled."] : []),
      "The folder is not needed any more.",
    ].join("\n");
  } finally {
    await limits?.close();
  }
}

async function told(folder: string, adopted: Promise<AdoptedJournal>): Promise<AdoptedJournal> {
  try {
    return await adopted;
  } catch (error) {
    if (error instanceof AdoptionError) throw new CommandError(error.message);
    if (error instanceof DataFolderInUseError)
      throw new CommandError(`A gateway works on ${folder}, and ships its journal itself.`);
    throw error;
  }
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`;
}
