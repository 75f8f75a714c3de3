import type { NoRoom } from "../admission/no-room.js";
import type { AnswerHead } from "../answer/answer-sink.js";
import {
  AllCoolingError,
  ClientGoneError,
  DeadlineError,
  LimitsUnavailableError,
  NoRoomError,
  type RouterError,
  UpstreamAnswerError,
  UpstreamConnectionError,
} from "../errors.js";
import { retryAfterMs } from "./backoff.js";

/** How an attempt failed, or why there was none. */
export type Failure =
  | {
      readonly kind: "answer";
      readonly head: AnswerHead;
      readonly body: readonly Buffer[];
      /** The object that the answer calls its error, if there is one. */
      readonly error: unknown;
      /** Whether the upstream had all of the request before it answered. */
      readonly bodySent: boolean;
      readonly reason: string;
    }
  /** `connection`: before the whole request was sent; `cut`: afterwards. */
  | { readonly kind: "connection" | "cut"; readonly reason: string }
  | {
      readonly kind: "timeout";
      readonly timeoutMs: number;
      /** Whether the whole request had been sent. */
      readonly bodySent: boolean;
      readonly reason: string;
    }
  | { readonly kind: "too large"; readonly reason: string }
  | {
      readonly kind: "client gone";
      /** Whether the whole request had been sent. */
      readonly bodySent: boolean;
      readonly reason: string;
    }
  /** No deployment of the group may be called now. */
  | {
      readonly kind: "cooling";
      readonly group: string;
      readonly retryAfterMs: number;
      readonly reason: string;
    }
  /** Deployments of the group may be called, and none has room. */
  | ({ readonly kind: "full"; readonly reason: string } & NoRoom)
  /** The request's account does not let it through: at most elsewhere, or nowhere at all. */
  | {
      readonly kind: "denied";
      readonly error: RouterError;
      readonly isFinal: boolean;
      readonly reason: string;
    }
  /** What is used of the limits is not known, and nothing may be sent without. */
  | { readonly kind: "limits unavailable"; readonly reason: string };

/** How long the upstream asks to be left alone. */
export function retryAfterOf(failure: Failure): number | undefined {
  return failure.kind === "answer" ? retryAfterMs(failure.head.headers, Date.now()) : undefined;
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
    case "cooling":
      return new AllCoolingError(failure.group, failure.retryAfterMs);
    case "full":
      return failure.ofAccount ?? new NoRoomError(failure);
    case "denied":
      return failure.error;
    case "limits unavailable":
      return new LimitsUnavailableError(failure.reason);
  }
}
