import { RouterError, UpstreamAnswerError } from "@darkroom/router";
import { envelope, errorAnswer } from "../errors.js";
import type { Refusal } from "../upload/refuse-politely.js";
import { type Timing, reportHeaders, upstreamHeaders } from "./answer-headers.js";

/** The complete answer to a request that failed: an upstream's own error untouched, all else in OpenAI's envelope. */
export function answerTo(error: unknown, timing: Timing): Refusal {
  const tried =
    error instanceof RouterError && error.report !== undefined ? reportHeaders(error.report, timing) : {};
  if (error instanceof UpstreamAnswerError) {
    const { status, head, body } = error;
    const retryAfter = head.headers["retry-after"];
    return {
      status,
      headers: {
        ...tried,
        ...upstreamHeaders(head),
        ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
      },
      body: Buffer.concat(body),
    };
  }
  const answer = errorAnswer(error);
  const { status, retryAfterSeconds } = answer;
  return {
    status,
    headers: {
      ...tried,
      "content-type": "application/json",
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    },
    body: Buffer.from(JSON.stringify(envelope(answer))),
  };
}
