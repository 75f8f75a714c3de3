import {
  AuthenticationError,
  DirectoryUnavailableError,
  ModelAccessError,
  type Refusal,
} from "@darkroom/accounts";
import type { ErrorAnswer } from "../errors.js";

/** What is told where the database is away, which may be back soon. */
export const databaseAway = {
  status: 503,
  type: "no_db_connection",
  code: "503",
  retryAfterSeconds: 5,
} as const;

/**
 * What clients are told who may not ask, or not for this. Status, type, param and code are LiteLLM's, which clients may tell
 * cases apart by: https://docs.litellm.ai/docs/proxy/error_reference. Undefined for any other error.
 */
export function accessAnswer(error: unknown): ErrorAnswer | undefined {
  if (error instanceof AuthenticationError) return answerTo(error.refusal);
  if (error instanceof DirectoryUnavailableError) return unavailable;
  if (!(error instanceof ModelAccessError)) return undefined;
  const { scope, model, allowed } = error;
  const whose = { key: "This API key", team: "The team of this API key", user: "The user of this API key" }[
    scope
  ];
  return {
    status: 403,
    type: `${scope}_model_access_denied`,
    param: "model",
    code: "403",
    message: `${whose} may not use model '${model}'; allowed: ${allowed.join(", ")}.`,
  };
}

const unavailable: ErrorAnswer = {
  ...databaseAway,
  param: null,
  message: "Whether this API key is known cannot be looked up at present; send the request again later.",
};

function answerTo(refusal: Refusal): ErrorAnswer {
  switch (refusal.kind) {
    case "missing":
      return unauthorized("auth_error", "No API key was sent. Send it as `Authorization: Bearer sk-...`.");
    case "malformed":
      return unauthorized("auth_error", "The API key does not begin with 'sk-', as all keys here do.");
    case "unknown":
      return unauthorized(
        "token_not_found_in_db",
        "The API key is not known here. An admin can make one with /key/generate.",
        "key",
      );
    case "expired":
      return unauthorized(
        "expired_key",
        `The API key expired at ${isoTime(refusal.expiredAtMs)}; it is ${isoTime(refusal.nowMs)} now.`,
      );
    case "blocked":
      return unauthorized("auth_error", "The API key is blocked. An admin can unblock it with /key/unblock.");
    case "team blocked":
      return unauthorized(
        "auth_error",
        `Team '${refusal.teamId}' is blocked. An admin can unblock it with /team/unblock.`,
      );
    case "team gone":
      return unauthorized("auth_error", `The API key belongs to team '${refusal.teamId}', which is gone.`);
    case "unavailable":
      return unavailable;
  }
}

function unauthorized(type: string, message: string, param: string | null = null): ErrorAnswer {
  return { status: 401, type, param, code: "401", message: `Authentication Error, ${message}` };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
