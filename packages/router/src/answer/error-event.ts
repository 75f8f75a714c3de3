import { type ErrorClass, classify } from "../retries/classification.js";
import type { AnswerHead } from "./answer-sink.js";
import { type ServerSentEvent, dataOf } from "./server-sent-events.js";

/** An error is some words: what is longer says nothing that a client could use. */
const longestErrorBytes = 64 * 1024;

const unreadable = {
  message: "The upstream ended the stream with an error that cannot be read.",
  type: "server_error",
  param: null,
  code: null,
} as const;

/**
 * The error that an event tells, in OpenAI's envelope or bare; undefined where it tells none. As for OpenAI's clients, an
 * error is an event named `error`, or data with the key `error`.
 */
export function errorIn(event: ServerSentEvent): object | undefined {
  const { error } = event.facts;
  if (error !== undefined) return typeof error === "object" && error !== null ? error : unreadable;
  return event.name === "error" ? bareError(event) : undefined;
}

/** The event as it came where its error is in OpenAI's envelope; OpenAI's client for Node takes a bare one for a picture. */
export function enveloped(event: ServerSentEvent, error: object): readonly Buffer[] {
  return event.facts.error === undefined ? [errorEvent(error)] : event.bytes;
}

/** An event that OpenAI's clients raise as an error. */
export function errorEvent(error: object): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify({ type: "error", error })}\n\n`);
}

function bareError(event: ServerSentEvent): object {
  if (event.bytes.reduce((sum, { length }) => sum + length, 0) > longestErrorBytes) return unreadable;
  try {
    const data: unknown = JSON.parse(dataOf(event));
    return typeof data === "object" && data !== null && "message" in data ? data : unreadable;
  } catch {
    return unreadable;
  }
}

/** The status that OpenAI answers with for errors of a class; for others it is a 500. */
const statusOf: Partial<Readonly<Record<ErrorClass, number>>> = {
  AuthenticationError: 401,
  BadRequestError: 400,
  ContentPolicyViolationError: 400,
  NotFoundError: 404,
  PermissionDeniedError: 403,
  RateLimitError: 429,
  ServiceUnavailableError: 503,
};

/**
 * The head that a stream's error would have had as an answer of its own: before the first event, a client gets it as one.
 * @param stream the stream's own head, with status 200
 */
export function headOfError(error: object, stream: AnswerHead): AnswerHead {
  const headers = { ...stream.headers, "content-type": "application/json" };
  const isCallers = "type" in error && error.type === "invalid_request_error";
  const head = { status: isCallers ? 400 : 500, headers };
  const { errorClass } = classify({ kind: "answer", head, body: [], error, bodySent: true, reason: "" });
  return { ...head, status: statusOf[errorClass] ?? head.status };
}
