/** A store cannot be used, or its combination with the others; the message says what to do. */
export class StoresError extends Error {
  override readonly name = "StoresError";
}
