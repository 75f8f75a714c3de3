import type { RecordKind } from "./records.js";

/** The directory's file cannot be used as it is; the message names it and what to do. */
export class DirectoryError extends Error {
  override readonly name = "DirectoryError";
}

/** Another record has this already. */
export class ConflictError extends Error {
  override readonly name = "ConflictError";

  constructor(
    readonly kind: RecordKind,
    /** `id`, or what else must be unique. */
    readonly field: "id" | "alias",
    readonly value: string,
  ) {
    super(`there is a ${kind} with the ${field} '${value}' already`);
  }
}

/** There is no such record. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";

  constructor(
    readonly kind: RecordKind,
    readonly id: string,
  ) {
    super(`there is no ${kind} '${id}'`);
  }
}
