import { InvalidRequestError, RouterError } from "@darkroom/router";
import { accessAnswer } from "./access/access-errors.js";
import { UploadError } from "./upload/upload-errors.js";

/** A refusal or failure in OpenAI's terms, whatever it came from. */
export interface ErrorAnswer {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly retryAfterSeconds?: number;
  /** False: clients of OpenAI would send it again by its status, and must not. */
  readonly shouldRetry?: false;
}

/** What the gateway itself refuses, before or beside the router. */
export class GatewayError extends Error implements ErrorAnswer {
  override readonly name: string = "GatewayError";
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly retryAfterSeconds?: number;
  readonly shouldRetry?: false;

  constructor(answer: Omit<ErrorAnswer, "param" | "code"> & { param?: string; code?: string }) {
    super(answer.message);
    this.status = answer.status;
    this.type = answer.type;
    this.code = answer.code ?? null;
    this.param = answer.param ?? null;
    if (answer.retryAfterSeconds !== undefined) this.retryAfterSeconds = answer.retryAfterSeconds;
    if (answer.shouldRetry !== undefined) this.shouldRetry = answer.shouldRetry;
  }
}

/** The one place where errors become answers. What is not known is a fault of ours and shows nothing of itself. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof GatewayError) return error;
  if (error instanceof RouterError) {
    const { status, type, message, field, code } = error;
    return { status, type, message, param: field, code };
  }
  if (error instanceof UploadError) {
    const { status, message, code, retryAfterSeconds } = error;
    const type = status < 500 ? "invalid_request_error" : "server_error";
    return {
      status,
      type,
      message,
      param: null,
      code,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
  }
  if (error instanceof InvalidRequestError) {
    const { message, field, code } = error;
    return { status: 400, type: "invalid_request_error", message, param: field ?? null, code: code ?? null };
  }
  const access = accessAnswer(error);
  if (access !== undefined) return access;
  return {
    status: 500,
    type: "server_error",
    message: "Darkroom failed to handle this request; its log has the details under the request's id.",
    param: null,
    code: "internal_error",
  };
}

/** Why, in a word: the code, or where that only repeats the status, as LiteLLM's does, the type. */
export function reasonOf({ status, type, code }: ErrorAnswer): string {
  return code === null || code === String(status) ? type : code;
}

/** OpenAI's envelope: all four keys, always. */
export function envelope({ message, type, param, code }: ErrorAnswer): { error: object } {
  return { error: { message, type, param, code } };
}
