import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { DataFolderInUseError } from "./errors.js";

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
   * @throws DataFolderInUseError where it is held already; the system's own Error where it cannot be written to
   */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#database = new Database(join(folder, fileName));
    try {
      this.#database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      this.#database.close();
      if (error instanceof Database.SqliteError && error.code === "SQLITE_BUSY")
        throw new DataFolderInUseError(folder);
      throw error;
    }
  }

  release(): void {
    this.#database.exec("ROLLBACK");
    this.#database.close();
  }
}
