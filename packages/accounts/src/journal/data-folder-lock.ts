import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { DataFolderError, DataFolderInUseError } from "./errors.js";

const fileName = "lock.sqlite";

/**
 * Holds a data folder for this process alone, for as long as it lives: the lock is one of the operating system's, which
 * drops it with the process, however that ends. SQLite takes it, since Node has no file locks of its own.
 */
export class DataFolderLock {
  readonly #database: Database.Database;

  /**
   * Makes the folder where it is missing.
   *
   * @throws DataFolderInUseError where it is held already; DataFolderError where nothing can be written there
   */
  constructor(folder: string) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // SQLite would tell no reason.
      accessSync(folder, constants.W_OK);
      this.#database = new Database(join(folder, fileName));
    } catch (error) {
      throw new DataFolderError(folder, messageOf(error));
    }
    try {
      this.#database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      this.#database.close();
      if (error instanceof Database.SqliteError && error.code === "SQLITE_BUSY")
        throw new DataFolderInUseError(folder);
      throw new DataFolderError(folder, messageOf(error));
    }
  }

  release(): void {
    this.#database.exec("ROLLBACK");
    this.#database.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
