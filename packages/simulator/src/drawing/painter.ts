import type { ValidEdit } from "../validation/valid-edit.js";

/** A picture's file in base64, as the bytes of that text: it is copied into answers and never becomes a string. */
export type Base64 = Buffer;

export function base64Of(file: Buffer): Base64 {
  return Buffer.from(file.toString("base64"), "latin1");
}

/** Makes the pictures of an edit, in the edit's output format. */
export interface Painter {
  /** The finished pictures, as many as the edit asks for. */
  paint(edit: ValidEdit): Promise<readonly Base64[]>;
  /** The stages before the finished picture, as many as the edit asks for, ever clearer. */
  paintStages(edit: ValidEdit, finished: Base64): Promise<readonly Base64[]>;
}
