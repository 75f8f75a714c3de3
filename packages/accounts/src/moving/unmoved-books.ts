import { existsSync } from "node:fs";
import { openForReading } from "../database/open-database.js";
import { directoryPath } from "../directory/directory.js";
import { ledgerPath } from "../ledger/files.js";
import { readMark } from "./mark.js";

/**
 * Whether a data folder has keys or spend in files of its own: with its books in a PostgreSQL from now on, they would be lost.
 * @throws Error where a file cannot be read
 */
export function hasUnmovedBooks(folder: string): boolean {
  const mark = readMark(folder);
  if (mark !== undefined) return mark.state === "under way";
  return (
    hasRow(directoryPath(folder), "SELECT 1 FROM state WHERE version > 0") ||
    hasRow(ledgerPath(folder), "SELECT 1 FROM journals WHERE applied_through > 0")
  );
}

function hasRow(path: string, query: string): boolean {
  if (!existsSync(path)) return false;
  const file = openForReading(path);
  try {
    return file.prepare(query).all().length > 0;
  } finally {
    file.close();
  }
}
