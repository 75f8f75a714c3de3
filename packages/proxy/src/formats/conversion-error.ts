/**
 * An answer that cannot be given the way it was asked for. The message is fit for a header: it names nothing of the client's.
 * A `cause` is for the operator.
 */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
}
