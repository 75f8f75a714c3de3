import { type AttemptFilter, type RequestFilter, type SumKey, parseTime, sumKeys } from "@darkroom/accounts";

/** What is asked of the ledger, as texts: options of a command or fields of a query. */
export interface LedgerQuery {
  readonly since?: string;
  readonly until?: string;
  readonly group?: string;
  readonly deployment?: string;
  readonly state?: string;
  readonly request?: string;
  readonly caller?: string;
}

export const ledgerQueryFields = [
  "since",
  "until",
  "group",
  "deployment",
  "state",
  "request",
  "caller",
] as const satisfies readonly (keyof LedgerQuery)[];

/** A field that says nothing that can be looked for; the message names it. */
export class LedgerQueryError extends Error {
  override readonly name = "LedgerQueryError";

  constructor(
    readonly field: string,
    expected: string,
    given: string,
  ) {
    super(`'${field}' must be ${expected}, not '${given}'.`);
  }
}

/** @throws LedgerQueryError */
export function attemptFilterOf(query: LedgerQuery, nowMs: number): AttemptFilter {
  const { state } = query;
  return {
    ...withoutState(query, nowMs),
    ...(state === undefined ? {} : { state: oneOf("state", state, ["certain", "uncertain", "failed"]) }),
  };
}

/** @throws LedgerQueryError */
export function requestFilterOf(query: LedgerQuery, nowMs: number): RequestFilter {
  const { state } = query;
  return {
    ...withoutState(query, nowMs),
    ...(state === undefined ? {} : { state: oneOf("state", state, ["running", "ended", "interrupted"]) }),
  };
}

/** @throws LedgerQueryError */
export function sumKeyOf(by: string): SumKey {
  return oneOf("by", by, sumKeys);
}

function withoutState(query: LedgerQuery, nowMs: number): Omit<AttemptFilter, "state"> {
  const { since, until, group, deployment, request, caller } = query;
  const sinceMs = since === undefined ? undefined : timeOf("since", since, nowMs);
  const untilMs = until === undefined ? undefined : timeOf("until", until, nowMs);
  if (until !== undefined && sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs)
    throw new LedgerQueryError("until", "a time that is not before 'since'", until);
  return {
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(group === undefined ? {} : { group }),
    ...(deployment === undefined ? {} : { deploymentId: deployment }),
    ...(request === undefined ? {} : { requestId: request }),
    ...(caller === undefined ? {} : { caller }),
  };
}

const isoForm = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;
const agoForm = /^(\d{1,6})([mhd])$/;
const millisecondsOf = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A date, a time (UTC, where it does not say otherwise), or how long ago. */
function timeOf(field: string, text: string, nowMs: number): number {
  const [, count, unit] = agoForm.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * millisecondsOf[unit as "m" | "h" | "d"];
  if (isoForm.test(text)) {
    const time = parseTime(text);
    if (!Number.isNaN(time)) return time;
  }
  throw new LedgerQueryError(field, "a time such as 2026-01-31, 2026-01-31T12:00:00Z or 24h (ago)", text);
}

function oneOf<const Word extends string>(field: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found === undefined) throw new LedgerQueryError(field, `one of ${words.join(", ")}`, given);
  return found;
}
