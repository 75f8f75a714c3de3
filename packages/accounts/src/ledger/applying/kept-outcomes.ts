import { UnreadableEntryError } from "./fields.js";
import { JournalReader } from "./journal-reader.js";
import { type Change, type JournalEntry, readEntry } from "./read-entry.js";

/** How an attempt ended, by its journal. */
export interface KeptOutcome {
  readonly attemptId: string;
  /** When it began, in milliseconds since 1970. */
  readonly atMs: number;
  /** Null where no price is known. */
  readonly costNanoUsd: bigint | null;
}

const entriesAtOnce = 1_000;

/**
 * The outcomes that a journal still has, oldest first: at least all that are not in the ledger.
 * @param through the last entry that is wanted
 * @throws LedgerError where an entry is missing
 */
export function* keptOutcomes(folder: string, through: number): Generator<KeptOutcome, void, undefined> {
  const journal = new JournalReader(folder);
  try {
    let after = journal.head.prunedThrough;
    while (after < through) {
      const entries = journal.read(after, Math.min(entriesAtOnce, through - after));
      const last = entries.at(-1);
      if (last === undefined) return;
      after = last.sequence;
      for (const entry of entries) {
        const change = changeOf(entry);
        if (change?.kind === "attempt") yield change.attempt;
      }
    }
  } finally {
    journal.close();
  }
}

/** Undefined: the ledger sets it aside, which says enough of it. */
function changeOf(entry: JournalEntry): Change | undefined {
  try {
    return readEntry(entry);
  } catch (error) {
    if (error instanceof UnreadableEntryError) return undefined;
    throw error;
  }
}
