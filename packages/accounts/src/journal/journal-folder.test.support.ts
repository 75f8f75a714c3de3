import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Database from "libsql";

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-journal-"));
  folders.push(folder);
  return folder;
}

/** For `afterAll`. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface StoredEntry {
  readonly sequence: number;
  readonly kind: string;
  readonly record: {
    readonly requestId?: string;
    readonly intent?: { readonly attemptId: string };
    readonly outcome?: Readonly<Record<string, unknown>>;
  };
}

/** What is in the file, as another connection sees it. */
export function readEntries(folder: string): StoredEntry[] {
  return select(folder, "SELECT * FROM entries ORDER BY sequence").map(({ sequence, kind, record }) => ({
    sequence: sequence as number,
    kind: kind as string,
    record: JSON.parse(record as string) as StoredEntry["record"],
  }));
}

export function readOpenIntents(folder: string): string[] {
  return select(folder, "SELECT record FROM intents ORDER BY ordinal").map(
    ({ record }) => (JSON.parse(record as string) as { attemptId: string }).attemptId,
  );
}

export function readPrunedThrough(folder: string): number {
  return select(folder, "SELECT pruned_through FROM journal")[0]?.["pruned_through"] as number;
}

function select(folder: string, sql: string): Record<string, unknown>[] {
  const database = new Database(`${pathToFileURL(join(folder, "journal.sqlite")).href}?mode=ro`);
  try {
    return database.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}
