import { DataFolderError, DataFolderInUseError, JournalFileError, LedgerError } from "@darkroom/accounts";
import type { Logger } from "pino";
import { Books, type BooksOptions } from "./books.js";
import { throwAwayKindHere } from "./throw-away-layer.js";

/** The books of a data folder cannot be opened; the message says why and what to do. */
export class BooksError extends Error {
  override readonly name = "BooksError";
}

/**
 * Opens the books, and warns where they would go with their container.
 * @throws BooksError
 */
export async function openBooks(folder: string, log: Logger, options: BooksOptions): Promise<Books> {
  const kind = await throwAwayKindHere(folder);
  if (kind !== undefined) {
    log.warn(
      { folder },
      `the data folder lies on ${kind}: what was paid is forgotten with the container; give it a volume, by --data-dir or DARKROOM_DATA_DIR`,
    );
  }
  try {
    return await Books.open(folder, log, options);
  } catch (error) {
    throw new BooksError(explained(error, folder), { cause: error });
  }
}

function explained(error: unknown, folder: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof DataFolderInUseError || error instanceof DataFolderError) {
    return `${reason} It is chosen with --data-dir or DARKROOM_DATA_DIR.`;
  }
  if (error instanceof JournalFileError || error instanceof LedgerError) return reason;
  return `Darkroom could not open its books in ${folder} (--data-dir): ${reason}`;
}
