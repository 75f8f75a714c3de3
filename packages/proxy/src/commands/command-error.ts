/** What a person at the command line must be told; shown without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
