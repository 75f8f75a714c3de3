import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DataFolderInUseError,
  Journal,
  Ledger,
  type PostgresSettings,
  postgresName,
  preparePostgres,
} from "@darkroom/accounts";
import { settleJournal } from "../../books/settle-journal.js";
import type { RedisConfig } from "../../config/settings/redis.js";
import { openLimitsStore } from "../../limits/limits-store.js";
import { createLog } from "../../observability/log.js";
import { unmovedBooks } from "../../stores/unmoved-books.js";
import { CommandError } from "../command-error.js";

export interface Adoption {
  /** The data folder that a gateway has left behind. */
  readonly folder: string;
  readonly postgres: PostgresSettings;
  /** Where its reservations stand, if it shared its limits. */
  readonly redis: RedisConfig | undefined;
}

/**
 * `darkroom ledger adopt`: does for a gateway that is gone what it would do itself at its next start. Attempts without outcome
 * are uncertain from now on, its journal is shipped, its reservations are settled. Whatever of it was done already, stays.
 *
 * @returns what was done, for people
 * @throws CommandError where a gateway works on the folder, or nothing can be done now; it can be tried again
 */
export async function adopt({ folder, postgres, redis }: Adoption): Promise<string> {
  if (!existsSync(join(folder, "journal.sqlite")))
    throw new CommandError(
      `There is no journal in ${folder}; name the gateway's data folder with --data-dir.`,
    );
  const unmoved = unmovedBooks(folder, postgres);
  if (unmoved !== undefined) throw new CommandError(unmoved);
  await preparePostgres(postgres);
  const journal = await heldJournal(folder);
  let settledThrough = 0;
  try {
    const ledger = await Ledger.open({ folder, postgres, journal, mayForget: () => settledThrough });
    try {
      const before = ledger.appliedThrough;
      await ledger.catchUp();
      if (redis !== undefined) await settleIn(redis, folder, journal.committed);
      settledThrough = journal.committed;
      const shipped = journal.committed - before;
      return [
        `${count(shipped, "entry", "entries")} of ${folder} went to the ${postgresName(postgres)}.`,
        `${count(journal.recovered, "attempt", "attempts")} had no outcome, and ${journal.recovered === 1 ? "is" : "are"} uncertain now.`,
        ...(redis === undefined ? ["REDIS_URL is not set: reservations were not settled."] : []),
        "The folder is not needed any more.",
      ].join("\n");
    } finally {
      await ledger.close();
    }
  } finally {
    await journal.close();
  }
}

async function settleIn(redis: RedisConfig, folder: string, through: number): Promise<void> {
  const limits = await openLimitsStore(redis, createLog("silent"));
  try {
    if (limits.state.kind === "shared") await settleJournal(folder, through, limits.admission);
    if (limits.state.kind !== "shared" || limits.owedSettlements > 0)
      throw new CommandError(
        `${limits.name} does not answer, so that reservations were not settled. The journal is shipped; run this again.`,
      );
  } finally {
    await limits.close();
  }
}

async function heldJournal(folder: string): Promise<Journal> {
  try {
    return await Journal.open({ folder });
  } catch (error) {
    if (error instanceof DataFolderInUseError)
      throw new CommandError(`A gateway works on ${folder}, and ships its journal itself.`);
    throw error;
  }
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`;
}
