import type { SqlValue } from "../database/prepared-statement.js";
import { Collection, type DirectoryDatabase } from "./collection.js";
import type { Definition } from "./definitions.js";
import { ConflictError, NotFoundError } from "./errors.js";
import { recordText } from "./record-json.js";
import type { DirectoryRecords, RecordKind } from "./records.js";

/** Told of every record that is written or removed. */
export type ChangeListener = (change: {
  readonly kind: RecordKind;
  readonly id: string;
  readonly before: object | undefined;
  readonly after: object | undefined;
}) => Promise<void>;

/** The records of one kind, within a change. */
export class ChangingCollection<Kind extends RecordKind> extends Collection<Kind> {
  constructor(
    database: DirectoryDatabase,
    definition: Definition<Kind>,
    private readonly nowMs: number,
    private readonly told: ChangeListener,
  ) {
    super(database, definition);
  }

  /** @throws NotFoundError */
  async existing(id: string): Promise<DirectoryRecords[Kind]> {
    const found = await this.get(id);
    if (found === undefined) throw new NotFoundError(this.definition.kind, id);
    return found;
  }

  /** @throws ConflictError where there is one with its id, or with what else must be unique */
  async add(record: DirectoryRecords[Kind]): Promise<void> {
    const { kind, table, idColumn } = this.definition;
    const id = this.definition.idOf(record);
    if ((await this.get(id)) !== undefined) throw new ConflictError(kind, "id", id);
    await this.#checkUnique(record);
    await this.database
      .insertInto(table)
      .values({ [idColumn]: id, createdAtMs: this.nowMs, ...this.#columnsOf(record) })
      .execute();
    await this.told({ kind, id, before: undefined, after: record });
  }

  /** Puts a record in the place of the one with its id. @throws NotFoundError, ConflictError */
  async replace(record: DirectoryRecords[Kind]): Promise<void> {
    const { kind, table, idColumn } = this.definition;
    const id = this.definition.idOf(record);
    const before = await this.existing(id);
    await this.#checkUnique(record);
    await this.database.updateTable(table).set(this.#columnsOf(record)).where(idColumn, "=", id).execute();
    await this.told({ kind, id, before, after: record });
  }

  /** @throws NotFoundError */
  async remove(id: string): Promise<void> {
    const { kind, table, idColumn } = this.definition;
    const before = await this.existing(id);
    await this.database.deleteFrom(table).where(idColumn, "=", id).execute();
    await this.told({ kind, id, before, after: undefined });
  }

  #columnsOf(record: DirectoryRecords[Kind]): Readonly<Record<string, SqlValue>> {
    return { ...this.definition.columnsOf(record), record: recordText(record) };
  }

  /** No two keys have one alias. */
  async #checkUnique(record: DirectoryRecords[Kind]): Promise<void> {
    const { kind } = this.definition;
    const { alias } = this.definition.columnsOf(record);
    if (kind !== "key" || typeof alias !== "string") return;
    const others = await this.find({ alias });
    if (others.some((other) => this.definition.idOf(other) !== this.definition.idOf(record)))
      throw new ConflictError(kind, "alias", alias);
  }
}
