import { existsSync } from "node:fs";
import { join } from "node:path";
import { Journal, Ledger, type PostgresSettings } from "@darkroom/accounts";
import type { LimitsStore } from "../limits/limits-store.js";
import { type JournalToSettle, settleJournal } from "./settle-journal.js";

/** A journal cannot be adopted now; the message says why and what to do. */
export class AdoptionError extends Error {
  override readonly name = "AdoptionError";
}

export interface Adoption {
  /** The data folder that a gateway has left behind. */
  readonly folder: string;
  readonly postgres: PostgresSettings;
  /** Where its reservations stand, if it shared its limits. */
  readonly limits: LimitsStore | undefined;
}

export interface AdoptedJournal {
  readonly journalId: string;
  /** Entries that the ledger had not had. */
  readonly shipped: number;
  /** Attempts that had no outcome, and are uncertain now. */
  readonly recovered: number;
}

/**
 * Does for a gateway that is gone what it would do itself at its next start. Attempts without outcome
 * are uncertain from now on, its journal is shipped, its reservations are settled. Whatever of it was done already, stays.
 *
 * @throws DataFolderInUseError where a gateway works on the folder; AdoptionError, JournalFileError, LedgerError where it cannot be done: it can be
 * tried again
 */
export async function adoptJournal({ folder, postgres, limits }: Adoption): Promise<AdoptedJournal> {
  if (!existsSync(join(folder, "journal.sqlite")))
    throw new AdoptionError(
      `There is no journal in ${folder}; name the gateway's data folder with --data-dir.`,
    );
  const journal = await Journal.open({ folder });
  let settledThrough = 0;
  try {
    const ledger = await Ledger.open({ folder, postgres, journal, mayForget: () => settledThrough });
    try {
      const before = ledger.appliedThrough;
      await ledger.catchUp();
      if (limits !== undefined)
        await settleIn(limits, { folder, journalId: journal.id, through: journal.committed });
      settledThrough = journal.committed;
      return {
        journalId: journal.id,
        shipped: journal.committed - before,
        recovered: journal.recovered,
      };
    } finally {
      await ledger.close();
    }
  } finally {
    await journal.close();
  }
}

async function settleIn(limits: LimitsStore, journal: JournalToSettle): Promise<void> {
  if (limits.state.kind === "shared") await settleJournal(journal, limits);
  if (limits.state.kind !== "shared" || limits.owedSettlements > 0)
    throw new AdoptionError(
      `${limits.name} does not answer, so that reservations were not settled. The journal is shipped; run this again.`,
    );
}
