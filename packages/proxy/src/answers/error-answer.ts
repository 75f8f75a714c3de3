import { RouterError, UpstreamAnswerError } from "@darkroom/router";
import { envelope, errorAnswer } from "../errors.js";
import type { RequestRecord } from "../observability/request-record.js";
import type { Refusal } from "../upload/refuse-politely.js";
import { type HeaderList, reportHeaders, upstreamHeaders } from "./answer-headers.js";
import { callerLimitHeaders, rateLimitHeaders, retryHeaders } from "./retry-headers.js";

/** The complete answer to a request that failed: an upstream's own error untouched, all else in OpenAI's envelope. */
export function answerTo(error: unknown, record: RequestRecord): Refusal {
  const headers = [...record.idHeaders];
  if (error instanceof RouterError && error.report !== undefined) {
    headers.push(...reportHeaders(error.report, record.timing()));
  }
  if (error instanceof RouterError)
    headers.push(...retryHeaders(error), ...rateLimitHeaders(error), ...callerLimitHeaders(error));
  if (error instanceof UpstreamAnswerError) {
    const { status, head, body } = error;
    headers.push(...upstreamHeaders(head));
    return { status, headers: asObject(headers), body: Buffer.concat(body) };
  }
  const answer = errorAnswer(error);
  const { status, retryAfterSeconds, shouldRetry } = answer;
  headers.push("content-type", "application/json");
  if (retryAfterSeconds !== undefined) headers.push("retry-after", String(retryAfterSeconds));
  if (shouldRetry === false) headers.push("x-should-retry", "false");
  return { status, headers: asObject(headers), body: Buffer.from(JSON.stringify(envelope(answer))) };
}

function asObject(headers: HeaderList): Record<string, string> {
  return Object.fromEntries(
    headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : [])),
  );
}
