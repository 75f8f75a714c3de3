import type { Kysely, SelectQueryBuilder } from "kysely";
import type { SqlValue } from "../database/prepared-statement.js";
import type { Definition } from "./definitions.js";
import { recordFrom } from "./record-json.js";
import type { DirectoryRecords, RecordKind } from "./records.js";

/** Tables by name; their columns are the definitions' business. */
export type DirectoryTables = Record<string, Record<string, SqlValue>>;
export type DirectoryDatabase = Kysely<DirectoryTables>;

/** Of each column, the value that records must have there; `undefined` is no condition. */
export type Where = Readonly<Record<string, SqlValue | readonly string[] | undefined>>;

export interface ListRequest {
  readonly where?: Where;
  /** From 1. */
  readonly page: number;
  /** Records a page. */
  readonly size: number;
}

export interface Listed<Value> {
  readonly records: readonly Value[];
  /** On all pages. */
  readonly total: number;
}

const idsAtOnce = 5_000;

/** The records of one kind, to read. */
export class Collection<Kind extends RecordKind> {
  constructor(
    protected readonly database: DirectoryDatabase,
    protected readonly definition: Definition<Kind>,
  ) {}

  async get(id: string): Promise<DirectoryRecords[Kind] | undefined> {
    const [found] = await this.find({ [this.definition.idColumn]: id });
    return found;
  }

  /** All that fit, the newest first. */
  async find(where: Where): Promise<readonly DirectoryRecords[Kind][]> {
    const rows = await this.#ordered(this.#selected(where).select("record")).execute();
    return rows.map(({ record }) => recordFrom(String(record)) as DirectoryRecords[Kind]);
  }

  /** A page of those that fit, the newest first. */
  async list({ where = {}, page, size }: ListRequest): Promise<Listed<DirectoryRecords[Kind]>> {
    const rows = await this.#ordered(this.#selected(where).select("record"))
      .limit(size)
      .offset((page - 1) * size)
      .execute();
    return {
      records: rows.map(({ record }) => recordFrom(String(record)) as DirectoryRecords[Kind]),
      total: await this.count(where),
    };
  }

  async count(where: Where): Promise<number> {
    const counted = await this.#selected(where)
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return counted["count"];
  }

  /** The id of every record, so many at a time: there may be more than memory should hold at once. */
  async *ids(): AsyncGenerator<readonly string[]> {
    const { table, idColumn } = this.definition;
    let last = "";
    for (;;) {
      const rows = await this.database
        .selectFrom(table)
        .select(idColumn)
        .where(idColumn, ">", last)
        .orderBy(idColumn)
        .limit(idsAtOnce)
        .execute();
      const ids = rows.map((row) => String(row[idColumn]));
      if (ids.length > 0) yield ids;
      if (ids.length < idsAtOnce) return;
      last = ids.at(-1) ?? last;
    }
  }

  #selected(where: Where): SelectQueryBuilder<DirectoryTables, string, object> {
    let query = this.database.selectFrom(this.definition.table);
    for (const [column, value] of Object.entries(where)) {
      if (value === undefined) continue;
      // SQL knows no empty list.
      if (Array.isArray(value) && value.length === 0)
        query = query.where((expressions) => expressions.lit(false));
      else
        query =
          typeof value === "object" && value !== null
            ? query.where(column, "in", [...value])
            : query.where(column, value === null ? "is" : "=", value);
    }
    return query;
  }

  #ordered<Output>(
    query: SelectQueryBuilder<DirectoryTables, string, Output>,
  ): SelectQueryBuilder<DirectoryTables, string, Output> {
    return query.orderBy("createdAtMs", "desc").orderBy(this.definition.idColumn);
  }
}
