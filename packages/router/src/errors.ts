import type { AnswerHead } from "./answer/answer-sink.js";
import { type NoRoom, canFit, wordsFor } from "./admission/no-room.js";
import type { EditReport } from "./report.js";
import { retryAfterMs } from "./retries/backoff.js";

/** An edit that could not be served. `status` and `code` are what a client should be told, in OpenAI's terms. */
export abstract class RouterError extends Error {
  abstract readonly status: number;
  abstract readonly type: string;
  abstract readonly code: string;
  readonly field: string | null = null;
  /** How long a client should wait before it tries again, where that is known. */
  readonly retryAfterMs: number | undefined;
  /** An upstream may have served, and charged, an attempt whose answer never came: another try may pay again. */
  mayBeBilled = false;
  /** What had been tried; absent when nothing was. */
  report?: EditReport;
}

export class UnknownModelError extends RouterError {
  override readonly name = "UnknownModelError";
  readonly status = 400;
  readonly type = "invalid_request_error";
  readonly code = "model_not_found";

  /** @param field that names the model */
  constructor(
    model: string,
    groups: readonly string[],
    override readonly field: "model" | "fallbacks" = "model",
  ) {
    super(`The model '${model}' does not exist here. Available: ${groups.join(", ")}.`);
  }
}

/** The request names no model, and which one it means is not clear. */
export class MissingModelError extends RouterError {
  override readonly name = "MissingModelError";
  readonly status = 400;
  readonly type = "invalid_request_error";
  readonly code = "missing_required_parameter";
  override readonly field = "model";

  constructor(groups: readonly string[]) {
    super(`Name a model. Available: ${groups.join(", ")}.`);
  }
}

/** The group is configured, but none of its deployments can be used. */
export class UnusableGroupError extends RouterError {
  override readonly name = "UnusableGroupError";
  readonly status = 503;
  readonly type = "server_error";
  readonly code = "no_usable_deployment";
  override readonly field = "model";

  constructor(group: string, reason: string) {
    super(`The model '${group}' has no usable deployment: ${reason}`);
  }
}

/** None of the group's deployments can take what the request asks for. */
export class NotCapableError extends RouterError {
  override readonly name = "NotCapableError";
  readonly status = 400;
  readonly type = "invalid_request_error";
  readonly code = "not_supported";

  constructor(
    group: string,
    what: string,
    override readonly field: string,
  ) {
    super(`No deployment of the model '${group}' takes ${what}.`);
  }
}

/** Tags choose the deployments, and none of the group is for this request's. */
export class TagsError extends RouterError {
  override readonly name = "TagsError";
  readonly status = 403;
  readonly type = "invalid_request_error";
  readonly code = "tags_not_allowed";
  override readonly field = "tags";

  constructor(group: string, tags: readonly string[]) {
    super(
      `Not allowed to access model due to tags configuration: no deployment of '${group}' has the tags ${tags.join(", ")}, and none is tagged 'default'.`,
    );
  }
}

/** The upstream's own refusal or failure, to be passed on as it came. */
export class UpstreamAnswerError extends RouterError {
  override readonly name = "UpstreamAnswerError";
  readonly status: number;
  readonly type = "upstream_error";
  readonly code = "upstream_error";
  override readonly retryAfterMs: number | undefined;

  constructor(
    readonly head: AnswerHead,
    readonly body: readonly Buffer[],
  ) {
    super(`The upstream answered with status ${String(head.status)}.`);
    this.status = head.status;
    this.retryAfterMs = retryAfterMs(head.headers, Date.now());
  }
}

/** Every deployment of the group is left alone for a while; nothing was sent. With LiteLLM's status, type and words. */
export class AllCoolingError extends RouterError {
  override readonly name = "AllCoolingError";
  readonly status = 429;
  readonly type = "all_deployments_in_cooldown";
  readonly code = "all_deployments_in_cooldown";
  override readonly retryAfterMs: number;

  constructor(group: string, retryAfterMs: number) {
    const seconds = Math.ceil(retryAfterMs / 1000);
    super(
      `No deployments available for selected model, Try again in ${String(seconds)} seconds. Passed model=${group}.`,
    );
    this.retryAfterMs = retryAfterMs;
  }
}

/** Deployments of the group may be called, and none has room for the edit now; nothing was sent. */
export class NoRoomError extends RouterError {
  override readonly name = "NoRoomError";
  readonly status = 429;
  readonly type = "rate_limit_error";
  readonly code = "rate_limit_exceeded";
  override readonly retryAfterMs: number | undefined;

  constructor(readonly noRoom: NoRoom) {
    super(`No deployment of the model '${noRoom.group}' has room: ${wordsFor(noRoom)}.`);
    this.retryAfterMs = canFit(noRoom) ? (noRoom.fitsInMs ?? whenACallEndsMs) : undefined;
  }
}

/** Nobody knows when a call ends; a client that waits comes back and looks. */
const whenACallEndsMs = 1_000;

/** What is used of limits is not known, and without it nothing may be sent. */
export class LimitsUnavailableError extends RouterError {
  override readonly name = "LimitsUnavailableError";
  readonly status = 503;
  readonly type = "server_error";
  readonly code = "limits_unavailable";
  override readonly retryAfterMs = 5_000;

  constructor(reason: string) {
    super(`This gateway does not know what is used of its limits, and so sends nothing: ${reason}.`);
  }
}

/** No complete answer came from the upstream. */
export class UpstreamConnectionError extends RouterError {
  override readonly name = "UpstreamConnectionError";
  readonly status = 502;
  readonly type = "server_error";
  readonly code = "upstream_connection_error";

  constructor(reason: string) {
    super(`No complete answer from the upstream: ${reason}.`);
  }
}

export class DeadlineError extends RouterError {
  override readonly name = "DeadlineError";
  readonly status = 504;
  readonly type = "server_error";
  readonly code = "timeout";

  constructor(timeoutMs: number) {
    super(`The edit was not answered within ${String(timeoutMs / 1000)} s.`);
  }
}

/** What is paid for cannot be written down, so that nothing is sent. */
export class JournalUnavailableError extends RouterError {
  override readonly name = "JournalUnavailableError";
  readonly status = 503;
  readonly type = "server_error";
  readonly code = "journal_unavailable";
  override readonly retryAfterMs = 5_000;

  constructor(override readonly cause: unknown) {
    super(
      "This gateway cannot write down what is spent, and so spends nothing; send the request again later.",
    );
  }
}

/** The client went away before it was answered; nobody is there to be told. */
export class ClientGoneError extends RouterError {
  override readonly name = "ClientGoneError";
  readonly status = 499;
  readonly type = "invalid_request_error";
  readonly code = "client_closed_request";

  constructor() {
    super("The client closed the connection before it was answered.");
  }
}
