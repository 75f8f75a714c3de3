/** An upload that cannot be taken, for reasons that lie not in what it says but in how it comes. */
export abstract class UploadError extends Error {
  abstract readonly status: number;
  /** OpenAI's `error.code`. */
  abstract readonly code: string;
  /** Seconds after which the client may try again. */
  readonly retryAfterSeconds: number | undefined;
}

/** The body is larger than one request may be. */
export class RequestTooLargeError extends UploadError {
  override readonly name = "RequestTooLargeError";
  override readonly status = 413;
  override readonly code = "request_too_large";

  constructor(readonly limitBytes: number) {
    super(`The request is larger than the ${limitBytes} bytes that one request may have.`);
  }
}

/** The client sends too slowly. */
export class UploadTooSlowError extends UploadError {
  override readonly name = "UploadTooSlowError";
  override readonly status = 408;
  override readonly code = "upload_timeout";
}

/** No memory for another upload became free in time. */
export class UploadMemoryError extends UploadError {
  override readonly name = "UploadMemoryError";
  override readonly status = 503;
  override readonly code = "server_is_overloaded";
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super("The gateway holds as many uploads as it has memory for. Try again later.");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
