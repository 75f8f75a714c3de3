import { formatUsd } from "@darkroom/cost-calculator";
import { GatewayError } from "../errors.js";
import type { PaidEdit } from "./earlier-edits.js";
import { keyHeader } from "./idempotency-key.js";

/** The oldest keys expire all the time, and ledgers heal by themselves. */
const retryAfterSeconds = 5;

/** The key was used for another edit. */
export function otherBody(firstId: string): GatewayError {
  return conflict(
    "idempotency_key_reused",
    `This ${keyHeader} was used for request ${firstId}, which asked for something else. Every edit needs a key of its own.`,
  );
}

/** The edit is paid, or may be, and there is nothing to answer with. */
export function answerGone(edit: PaidEdit): GatewayError {
  return conflict(
    "idempotent_answer_gone",
    `The edit of this ${keyHeader} was made by request ${edit.requestId}, whose answer is not kept any more. ` +
      `${costText(edit)} It is not made again: send another key to pay for another one.`,
  );
}

/** Nobody was left to wait for the edit when it ended, and nothing of it is paid. */
export function givenUp(firstId: string): GatewayError {
  return new GatewayError({
    status: 503,
    type: "server_error",
    code: "idempotent_edit_given_up",
    message: `Request ${firstId} was given up since its client had left. Nothing was paid; send the request again.`,
    retryAfterSeconds: 1,
  });
}

/** What was paid before this process was started is not known now. */
export function earlierEditsUnknown(cause: unknown): GatewayError {
  const error = new GatewayError({
    status: 503,
    type: "server_error",
    code: "ledger_unavailable",
    message: `The ledger cannot say what this ${keyHeader} was used for before; send the request again later.`,
    retryAfterSeconds,
  });
  error.cause = cause;
  return error;
}

export function tooManyKeys(): GatewayError {
  return new GatewayError({
    status: 503,
    type: "server_error",
    code: "too_many_idempotency_keys",
    message: `This gateway remembers as many values of ${keyHeader} as it can; send the request again later.`,
    retryAfterSeconds,
  });
}

function costText({ state, costNanoUsd }: PaidEdit): string {
  if (costNanoUsd === null)
    return state === "certain" ? "It has no known price." : "It may have been charged.";
  const usd = `$${formatUsd(costNanoUsd)}`;
  return state === "certain" ? `It cost ${usd}.` : `It may have been charged, at ${usd} or less.`;
}

/** Clients of OpenAI would send it again, with the same end. */
function conflict(code: string, message: string): GatewayError {
  return new GatewayError({
    status: 409,
    type: "invalid_request_error",
    code,
    param: keyHeader,
    message,
    shouldRetry: false,
  });
}
