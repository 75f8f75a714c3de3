import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PostgresDialect, SqliteDialect, type Transaction } from "kysely";
import { migrate } from "../database/migrate.js";
import { type LibsqlDatabase, openForReading, openForWriting } from "../database/open-database.js";
import { type PostgresDeadlines, postgresPool } from "../database/postgres/postgres-client.js";
import { type PostgresSettings, postgresName } from "../database/postgres/postgres-settings.js";
import { queryBuilder } from "../database/query-builder.js";
import { ChangingCollection } from "./changing-collection.js";
import { Collection, type DirectoryDatabase, type DirectoryTables } from "./collection.js";
import { definitions } from "./definitions.js";
import { DirectoryError } from "./errors.js";
import { type ChangedRecord, type DirectoryChange, type DirectoryFeed, LocalFeed } from "./feed.js";
import { recordFrom, recordText } from "./record-json.js";
import type { CustomerRecord, RecordKind } from "./records.js";
import { directoryMigrations } from "./schema.js";
import { SharedFeed } from "./shared-feed.js";

export const directoryPath = (folder: string): string => join(folder, "directory.db");

export interface DirectoryOptions {
  /** The data folder. */
  readonly folder: string;
  readonly feed?: DirectoryFeed;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Every kind of record, by the name of its collection. */
type Collections<Kinds extends Record<RecordKind, unknown>> = {
  readonly keys: Kinds["key"];
  readonly secrets: Kinds["secret"];
  readonly users: Kinds["user"];
  readonly organizations: Kinds["organization"];
  readonly teams: Kinds["team"];
  readonly members: Kinds["member"];
  readonly customers: Kinds["customer"];
  readonly tags: Kinds["tag"];
  readonly budgets: Kinds["budget"];
};

/** The directory as it can be read. */
export type DirectoryReader = Collections<{ [Kind in RecordKind]: Collection<Kind> }>;

/** A change under way: what it writes is there as a whole, or not at all. */
export interface Change extends Collections<{ [Kind in RecordKind]: ChangingCollection<Kind> }> {
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** What was changed, by whom. Nothing of it is a secret. */
export interface AuditEntry {
  readonly version: number;
  /** Among those of its change, from 1. */
  readonly part: number;
  readonly atMs: number;
  readonly changedBy: string;
  readonly kind: RecordKind;
  readonly recordId: string;
  /** Absent: it was made. */
  readonly before?: unknown;
  /** Absent: it was removed. */
  readonly after?: unknown;
}

export interface SharedDirectoryOptions extends Omit<DirectoryOptions, "folder" | "feed"> {
  readonly postgres: PostgresSettings;
  readonly feed: SharedFeed;
}

/** Whoever asks who a key belongs to waits no longer. */
const deadlines: PostgresDeadlines = { connectMs: 2_000, statementMs: 5_000 };

/** For changes, which are made one after the other, and for reading. */
const mostConnections = { writing: 2, reading: 8 };

/** Keys, users, teams, customers, tags and budgets, in a file of the data folder or in a PostgreSQL that gateways share. */
export class Directory {
  readonly feed: DirectoryFeed;
  /** On a connection of its own, which a change does not hold up. */
  readonly read: DirectoryReader;
  readonly #now: () => number;
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(
    { feed = new LocalFeed(), now = Date.now }: DirectoryOptions,
    private readonly writer: DirectoryDatabase,
    private readonly reader: DirectoryDatabase,
    private readonly closeConnections: () => Promise<void> | void,
  ) {
    this.feed = feed;
    this.#now = now;
    this.read = readingFrom(reader);
  }

  /**
   * Opens the directory, and makes or brings it to the newest form where need be: of processes that start together, one
   * does so.
   * @throws DirectoryError
   */
  static open(options: DirectoryOptions): Directory {
    const path = directoryPath(options.folder);
    const opened: LibsqlDatabase[] = [];
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
      const writer = openForWriting(path);
      opened.push(writer);
      migrate(writer, path, directoryMigrations);
      const reader = openForReading(path);
      opened.push(reader);
      return new Directory(
        options,
        queryBuilder<DirectoryTables>(new SqliteDialect({ database: writer })),
        queryBuilder<DirectoryTables>(new SqliteDialect({ database: reader })),
        () => closeFile(writer, reader),
      );
    } catch (error) {
      for (const database of opened) database.close();
      throw new DirectoryError(
        `The directory of keys and teams, ${path}, cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /**
   * Opens a directory that gateways share; its tables are there.
   * @throws DirectoryError
   */
  static async connect({ postgres, feed, ...options }: SharedDirectoryOptions): Promise<Directory> {
    const [writer, reader] = [mostConnections.writing, mostConnections.reading].map((most) =>
      queryBuilder<DirectoryTables>(new PostgresDialect({ pool: postgresPool(postgres, deadlines, most) })),
    ) as [DirectoryDatabase, DirectoryDatabase];
    const directory = new Directory({ folder: "", feed, ...options }, writer, reader, async () => {
      await Promise.all([writer.destroy(), reader.destroy()]);
    });
    try {
      await feed.follow(directory);
      return directory;
    } catch (error) {
      await directory.close();
      throw new DirectoryError(
        `The directory of keys and teams in the ${postgresName(postgres)}, cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** How many changes there were. */
  async version(): Promise<number> {
    const { version } = await this.reader.selectFrom("state").select("version").executeTakeFirstOrThrow();
    return Number(version);
  }

  /** The changes behind a version, oldest first, some at most: what each has changed, as the feed tells it. */
  async changesAfter(version: number, limit: number): Promise<readonly DirectoryChange[]> {
    const rows = await this.reader
      .selectFrom("changes")
      .select(["version", "kind", "recordId", "after"])
      .where("version", ">", version)
      .where("version", "<=", version + limit)
      .orderBy("version")
      .orderBy("part")
      .execute();
    const changes = new Map<number, ChangedRecord[]>();
    for (const row of rows) {
      const of = Number(row["version"]);
      const how = row["after"] === null ? "removed" : "put";
      const record: ChangedRecord = { kind: row["kind"] as RecordKind, id: String(row["recordId"]), how };
      changes.set(of, [...(changes.get(of) ?? []), record]);
    }
    return [...changes].map(([of, records]) => ({ version: of, records }));
  }

  /**
   * Makes a change. Changes are made one after the other. What is remembered of it elsewhere in this process is gone when
   * this resolves.
   * @param by who makes it, for the audit log
   */
  async change<Result>(by: string, make: (change: Change) => Promise<Result>): Promise<Result> {
    // Within a process, here: a connection has but one transaction at a time.
    const made = this.#changes.then(() => this.#make(by, make));
    this.#changes = made.catch(() => undefined);
    return made;
  }

  /**
   * Writes down customers that were there, as far as they are not known. It changes nothing that anybody remembers, so that
   * nobody is told, and it stands in no audit log.
   */
  async noteCustomers(ids: readonly string[]): Promise<void> {
    const nowMs = this.#now();
    const by = "use";
    const rows = ids.map((customerId) => {
      const authored = { createdAtMs: nowMs, createdBy: by, updatedAtMs: nowMs, updatedBy: by };
      const customer: CustomerRecord = { customerId, blocked: false, limits: {}, ...authored };
      return { customerId, budgetId: null, createdAtMs: nowMs, record: recordText(customer) };
    });
    if (rows.length === 0) return;
    const noted = this.#changes.then(() =>
      this.writer
        .insertInto(definitions.customer.table)
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    this.#changes = noted.catch(() => undefined);
    await noted;
  }

  /**
   * The newest changes, each with all of its parts.
   * @param limit of changes
   * @param before changes with a lower version than this
   */
  async audit({
    limit,
    before,
  }: {
    readonly limit: number;
    readonly before?: number;
  }): Promise<AuditEntry[]> {
    const newest = (before ?? (await this.version()) + 1) - 1;
    const rows = await this.reader
      .selectFrom("changes")
      .selectAll()
      .where("version", "<=", newest)
      .where("version", ">", newest - limit)
      .orderBy("version", "desc")
      .orderBy("part")
      .execute();
    return rows.map((row) => ({
      version: Number(row["version"]),
      part: Number(row["part"]),
      atMs: Number(row["atMs"]),
      changedBy: String(row["changedBy"]),
      kind: row["kind"] as RecordKind,
      recordId: String(row["recordId"]),
      ...(row["before"] != null && { before: recordFrom(String(row["before"])) }),
      ...(row["after"] != null && { after: recordFrom(String(row["after"])) }),
    }));
  }

  async close(): Promise<void> {
    await this.#changes;
    if (this.feed instanceof SharedFeed) this.feed.close();
    await this.closeConnections();
  }

  async #make<Result>(by: string, make: (change: Change) => Promise<Result>): Promise<Result> {
    const nowMs = this.#now();
    const records: ChangedRecord[] = [];
    const { version, result } = await this.writer.transaction().execute(async (transaction) => {
      // First of all: it holds up every other process that changes something, until this is done.
      const next = await nextVersion(transaction);
      const change = changingIn(transaction, by, nowMs, async ({ kind, id, before, after }) => {
        const part = records.push({ kind, id, how: after === undefined ? "removed" : "put" });
        await transaction
          .insertInto("changes")
          .values({
            version: next,
            part,
            atMs: nowMs,
            changedBy: by,
            kind,
            recordId: id,
            before: before === undefined ? null : recordText(before),
            after: after === undefined ? null : recordText(after),
          })
          .execute();
      });
      return { version: next, result: await make(change) };
    });
    await this.feed.publish({ version, records });
    return result;
  }
}

/** Not by way of the query builder, which does not close what it has not used. */
function closeFile(writer: LibsqlDatabase, reader: LibsqlDatabase): void {
  try {
    // All is in the one file then, to be copied. The library's own way to close leaves it in the log.
    writer.pragma("wal_checkpoint(TRUNCATE)");
  } catch {
    // It stays in the log, where the next start finds it.
  }
  writer.close();
  reader.close();
}

async function nextVersion(transaction: Transaction<DirectoryTables>): Promise<number> {
  await transaction
    .updateTable("state")
    .set(({ eb }) => ({ version: eb("version", "+", 1) }))
    .where("id", "=", 1)
    .execute();
  const { version } = await transaction.selectFrom("state").select("version").executeTakeFirstOrThrow();
  return Number(version);
}

function readingFrom(database: DirectoryDatabase): DirectoryReader {
  return {
    keys: new Collection(database, definitions.key),
    secrets: new Collection(database, definitions.secret),
    users: new Collection(database, definitions.user),
    organizations: new Collection(database, definitions.organization),
    teams: new Collection(database, definitions.team),
    members: new Collection(database, definitions.member),
    customers: new Collection(database, definitions.customer),
    tags: new Collection(database, definitions.tag),
    budgets: new Collection(database, definitions.budget),
  };
}

function changingIn(
  database: DirectoryDatabase,
  by: string,
  nowMs: number,
  told: ConstructorParameters<typeof ChangingCollection>[3],
): Change {
  return {
    by,
    nowMs,
    keys: new ChangingCollection(database, definitions.key, nowMs, told),
    secrets: new ChangingCollection(database, definitions.secret, nowMs, told),
    users: new ChangingCollection(database, definitions.user, nowMs, told),
    organizations: new ChangingCollection(database, definitions.organization, nowMs, told),
    teams: new ChangingCollection(database, definitions.team, nowMs, told),
    members: new ChangingCollection(database, definitions.member, nowMs, told),
    customers: new ChangingCollection(database, definitions.customer, nowMs, told),
    tags: new ChangingCollection(database, definitions.tag, nowMs, told),
    budgets: new ChangingCollection(database, definitions.budget, nowMs, told),
  };
}
