/** What is wrong with a request, beside the sentence that says it. */
export interface InvalidRequestDetails {
  /** The field that is wrong, as the client wrote it. */
  readonly field?: string;
  /** A stable word for programs; OpenAI's `error.code`. */
  readonly code?: string;
}

/** A request that no upstream would be asked to serve: the client has to change it. Answered with 400. */
export class InvalidRequestError extends Error {
  override readonly name = "InvalidRequestError";
  readonly status = 400;
  readonly field: string | undefined;
  readonly code: string | undefined;

  constructor(message: string, details: InvalidRequestDetails = {}) {
    super(message);
    this.field = details.field;
    this.code = details.code;
  }
}
