/** What tells whether two tables hold the same: how many rows they have, and of each column a sum. */
export interface TableFigures {
  readonly rows: number;
  /** By column: of whole numbers their sum, of texts that of their lengths in bytes of UTF-8. */
  readonly sums: ReadonlyMap<string, bigint>;
}

/** Counts rows as they come. */
export class FiguresOfRows implements TableFigures {
  #rows = 0;
  readonly #sums: Map<string, bigint>;

  constructor(columns: readonly string[]) {
    this.#sums = new Map(columns.map((column) => [column, 0n]));
  }

  get rows(): number {
    return this.#rows;
  }

  get sums(): ReadonlyMap<string, bigint> {
    return this.#sums;
  }

  /** Of one column, the values of some rows. */
  addColumn(column: string, values: readonly unknown[]): void {
    this.#sums.set(
      column,
      values.reduce<bigint>((sum, value) => sum + sizeOf(value), this.#sums.get(column) ?? 0n),
    );
  }

  addRows(count: number): void {
    this.#rows += count;
  }
}

/** @returns the name of what differs: `rows`, or a column */
export function difference(one: TableFigures, other: TableFigures): string | undefined {
  if (one.rows !== other.rows) return "rows";
  return [...one.sums.keys()].find((column) => one.sums.get(column) !== other.sums.get(column));
}

function sizeOf(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  return typeof value === "string" ? BigInt(Buffer.byteLength(value)) : 0n;
}
