import { existsSync } from "node:fs";
import { type LibsqlDatabase, openForReading } from "../../database/open-database.js";
import { LedgerError } from "../errors.js";
import { journalPath } from "../files.js";
import type { JournalEntry } from "./read-entry.js";

/** Reads what a journal has committed, beside the thread that writes it. */
export class JournalReader {
  readonly path: string;
  readonly #database: LibsqlDatabase;
  readonly #select;

  /** @throws Error where there is no journal in the folder */
  constructor(folder: string) {
    this.path = journalPath(folder);
    this.#database = openForReading(this.path);
    this.#select = this.#database.prepare(
      "SELECT sequence, kind, record FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?",
    );
  }

  /** Its id, and up to which entry it has forgotten what the ledger was said to have. */
  get head(): { readonly id: string; readonly prunedThrough: number } {
    const rows = this.#database.prepare("SELECT id, pruned_through FROM journal").all();
    const [row] = rows as { id: string; pruned_through: bigint }[];
    if (row === undefined) throw new LedgerError(`${this.path} does not say which journal it is.`);
    return { id: row.id, prunedThrough: Number(row.pruned_through) };
  }

  /**
   * The entries behind one, so many at most.
   *
   * @throws LedgerError where one is missing: its charges would be lost in silence
   */
  read(after: number, limit: number): JournalEntry[] {
    const rows = this.#select.all(after, limit) as { sequence: bigint; kind: string; record: string }[];
    const entries = rows.map(({ sequence, kind, record }) => ({ sequence: Number(sequence), kind, record }));
    for (const [index, { sequence }] of entries.entries()) {
      if (sequence !== after + index + 1)
        throw new LedgerError(`${this.path} has no entry ${after + index + 1}, but one behind it.`);
    }
    return entries;
  }

  close(): void {
    this.#database.close();
  }
}

/** The id of the journal in a folder; undefined where there is none that can be read. */
export function journalIdOf(folder: string): string | undefined {
  if (!existsSync(journalPath(folder))) return undefined;
  let reader: JournalReader | undefined;
  try {
    reader = new JournalReader(folder);
    return reader.head.id;
  } catch {
    return undefined;
  } finally {
    reader?.close();
  }
}
