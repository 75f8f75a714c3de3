import {
  JournalUnavailableError,
  type Ledger,
  LedgerError,
  type Principal,
  SettlementError,
  asObject,
  attemptColumns,
} from "@darkroom/accounts";
import { parseUsd } from "@darkroom/cost-calculator";
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from "express";
import { principalOf } from "../access/identify.js";
import { GatewayError } from "../errors.js";
import {
  type LedgerQuery,
  LedgerQueryError,
  attemptFilterOf,
  ledgerQueryFields,
  sumKeyOf,
} from "../ledger/query.js";
import { caughtUp } from "../ledger/caught-up.js";
import { sumAnswer } from "../ledger/sum-answer.js";

/** `GET /ledger/sum`: what was spent, over the attempts that the query fits. */
export function ledgerSum(ledger: Ledger): RequestHandler {
  return async (request, response) => {
    const { by, ...query } = textsOf(request);
    const filter = asked(() => attemptFilterOf(query, Date.now()));
    const key = by === undefined ? undefined : asked(() => sumKeyOf(by));
    await caughtUp(ledger);
    const answer = await sumAnswer(ledger.reports, filter, key);
    response.json({ ...answer, lag_entries: ledger.lagEntries });
  };
}

/**
 * `POST /ledger/settle` with `{"attempt_id", "cost_usd", "note"}`, and `by`, who says so: puts a person's word in the place
 * of what an attempt may have cost. Answers with the attempt as it is then.
 */
export function ledgerSettle(ledger: Ledger): (RequestHandler | ErrorRequestHandler)[] {
  const settle: RequestHandler = async (request, response) => {
    const body = new Fields(request.body);
    const settlement = {
      attemptId: body.text("attempt_id"),
      costNanoUsd: body.dollars("cost_usd"),
      note: body.text("note"),
      by: signed(principalOf(response), body.optionalText("by")),
    };
    const attempt = await ledger.settle(settlement).catch((error: unknown) => {
      throw asRefusal(error);
    });
    response.json(asObject(attemptColumns, attempt));
  };
  return [express.json({ limit: "16kb", type: () => true }), refuseOtherBodies, settle];
}

/** Who says so: whoever runs the gateway may say who they are; an admin with a key of their own cannot be somebody else. */
function signed({ name, account }: Principal, by: string | undefined): string {
  if (by === undefined) return name;
  return account === undefined ? by : `${by} (by ${name})`;
}

/** The texts of a query whose every field is known: a filter that is misspelt must not sum up everything. */
function textsOf({ query }: Request): LedgerQuery & { readonly by?: string } {
  const known: readonly string[] = [...ledgerQueryFields, "by"];
  for (const [name, value] of Object.entries(query)) {
    if (!known.includes(name))
      throw invalid(name, `'${name}' is unknown here; known are ${known.join(", ")}.`);
    if (typeof value !== "string") throw invalid(name, `'${name}' must be given once.`);
  }
  return query;
}

/** The fields of a JSON body, refused by their names. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(body: unknown) {
    if (typeof body !== "object" || body === null || Array.isArray(body))
      throw invalid(undefined, "The body must be a JSON object.");
    this.#values = body as Readonly<Record<string, unknown>>;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== "string" || value === "") throw invalid(name, `'${name}' must be a text.`);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#values[name] === undefined ? undefined : this.text(name);
  }

  dollars(name: string): bigint {
    const text = this.text(name);
    try {
      return parseUsd(text);
    } catch (error) {
      if (error instanceof RangeError)
        throw invalid(name, `'${name}' must be a text such as "0.042", with at most nine decimal places.`);
      throw error;
    }
  }
}

const refuseOtherBodies: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  if (error instanceof GatewayError) return next(error);
  const isTooLarge = typeof error === "object" && error !== null && "status" in error && error.status === 413;
  if (isTooLarge) throw invalid(undefined, "The body must not have more than 16 KiB.", 413);
  throw invalid(undefined, "The body must be a JSON object.");
};

function asked<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof LedgerQueryError) throw invalid(error.field, error.message);
    throw error;
  }
}

const fieldOfBody = { attemptId: "attempt_id", costNanoUsd: "cost_usd", note: "note", by: "by" } as const;

function asRefusal(error: unknown): unknown {
  if (error instanceof SettlementError) {
    const status = { not_found: 404, already_certain: 409, invalid: 400 }[error.code];
    return invalid(fieldOfBody[error.field], error.message, status, error.code);
  }
  if (error instanceof LedgerError || error instanceof JournalUnavailableError) {
    return new GatewayError({
      status: 503,
      type: "server_error",
      code: "ledger_unavailable",
      message: error.message,
      retryAfterSeconds: 30,
    });
  }
  return error;
}

function invalid(param: string | undefined, message: string, status = 400, code?: string): GatewayError {
  return new GatewayError({
    status,
    type: "invalid_request_error",
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}
