import type { AnswerHead } from "../answer/answer-sink.js";
import {
  ClientGoneError,
  DeadlineError,
  type RouterError,
  UpstreamAnswerError,
  UpstreamConnectionError,
} from "../errors.js";

/** How an attempt failed. */
export type Failure =
  | {
      readonly kind: "answer";
      readonly head: AnswerHead;
      readonly body: readonly Buffer[];
      readonly reason: string;
    }
  | { readonly kind: "connection" | "cut"; readonly reason: string }
  | { readonly kind: "timeout"; readonly timeoutMs: number; readonly reason: string }
  | { readonly kind: "too large"; readonly reason: string }
  | { readonly kind: "client gone"; readonly reason: string };

/** What may be done after a failed attempt. */
export interface NextStep {
  /** Another deployment may do better, in this group or in its fallbacks. */
  readonly elsewhere: boolean;
  /** The same deployment may do better in a while. */
  readonly hereLater: boolean;
}

const elsewhereOnly: NextStep = { elsewhere: true, hereLater: false };
const anywhere: NextStep = { elsewhere: true, hereLater: true };
const nowhere: NextStep = { elsewhere: false, hereLater: false };

export function nextStepAfter(failure: Failure): NextStep {
  switch (failure.kind) {
    case "connection":
    case "cut":
      return anywhere;
    case "timeout":
      return elsewhereOnly;
    // Another call would bring, and cost, as much again.
    case "too large":
    case "client gone":
      return nowhere;
    case "answer":
      return nextStepAfterStatus(failure.head.status);
  }
}

/** The statuses that OpenAI's own clients retry, and those that speak of the deployment's key, not of the request. */
function nextStepAfterStatus(status: number): NextStep {
  if (status === 408 || status === 409 || status === 429 || status >= 500) return anywhere;
  if (status === 401 || status === 403) return elsewhereOnly;
  return nowhere;
}

/** What a client is told of a failure. */
export function errorFor(failure: Failure): RouterError {
  switch (failure.kind) {
    case "answer":
      return new UpstreamAnswerError(failure.head, failure.body);
    case "connection":
    case "cut":
    case "too large":
      return new UpstreamConnectionError(failure.reason);
    case "timeout":
      return new DeadlineError(failure.timeoutMs);
    case "client gone":
      return new ClientGoneError();
  }
}
