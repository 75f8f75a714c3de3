import type { Dialect } from "kysely";
import type { SqlValue } from "./prepared-statement.js";

/**
 * A connection for one writer, in either dialect: statements that are compiled once, and changes that are made as a whole or
 * not at all, one after the other.
 */
export interface StatementDatabase {
  /** What statements are compiled for. */
  readonly dialect: Dialect;
  /** What stands for a parameter in its text. @param number from 1 */
  placeholder(number: number): string;
  prepare(sql: string): DatabaseStatement;
  /** What is run meanwhile belongs to it. */
  inTransaction<Result>(change: () => Promise<Result>): Promise<Result>;
  /** Whether a value was refused, and it is not the database that failed. */
  isAboutValues(error: unknown): error is Error;
  close(): Promise<void> | void;
}

export interface DatabaseStatement {
  /** @returns how many rows it has changed */
  run(values: readonly SqlValue[]): Promise<number> | number;
  /** Rows as they are in the database: names in snake case, integers as bigints. */
  all(values: readonly SqlValue[]): Promise<unknown[]> | unknown[];
}
