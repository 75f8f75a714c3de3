import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { OutcomeState } from "../../journal/records.js";
import type { RequestState } from "../schema.js";

/** Which attempts are meant: those that all of it fits. Times are milliseconds since 1970. */
export interface AttemptFilter extends RowFilter {
  readonly state?: OutcomeState;
  /** Whether its outcome is certain: LiteLLM's `success`, and all else its `failure`. */
  readonly succeeded?: boolean;
  /** As the upstream knows it. */
  readonly model?: string;
  /** Of any of these callers. */
  readonly callers?: readonly string[];
  /** Charged to this meter: `team:red`. */
  readonly chargedTo?: string;
}

/** Which requests are meant; group and deployment are those of the last attempt. */
export interface RequestFilter extends RowFilter {
  readonly state?: RequestState;
}

interface RowFilter {
  /** Begun at this time or later. */
  readonly sinceMs?: number;
  /** Begun before this time. */
  readonly untilMs?: number;
  readonly group?: string;
  readonly deploymentId?: string;
  readonly requestId?: string;
  readonly caller?: string;
}

/** The filter as a condition over the columns of its table. */
export function fits(
  timeColumn: "atMs" | "startedAtMs",
  filter: AttemptFilter | RequestFilter,
): RawBuilder<SqlBool> {
  const {
    sinceMs,
    untilMs,
    callers,
    chargedTo,
    model,
    succeeded,
    ...exact
  }: AttemptFilter | (RequestFilter & NotOfRequests) = filter;
  const time = sql.ref(timeColumn);
  const conditions = [
    ...(sinceMs === undefined ? [] : [sql`${time} >= ${sinceMs}`]),
    ...(untilMs === undefined ? [] : [sql`${time} < ${untilMs}`]),
    ...(callers === undefined ? [] : [isOneOf(callers)]),
    ...(chargedTo === undefined ? [] : [isChargedTo(chargedTo)]),
    ...(succeeded === undefined ? [] : [succeeded ? sql`state = 'certain'` : isNotCertain]),
    ...(exact.state === undefined ? [] : hasState(exact.state)),
    ...Object.entries({
      modelGroup: exact.group,
      deploymentId: exact.deploymentId,
      requestId: exact.requestId,
      caller: exact.caller,
      model,
    }).flatMap(([column, value]) => (value === undefined ? [] : [sql`${sql.ref(column)} = ${value}`])),
  ];
  return conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}

interface NotOfRequests {
  readonly model?: undefined;
  readonly callers?: undefined;
  readonly chargedTo?: undefined;
  readonly succeeded?: undefined;
}

const isNotCertain = sql`state <> 'certain'`;

/** Word for word, as the indexes of some states have it. */
function hasState(state: OutcomeState | RequestState): readonly RawBuilder<unknown>[] {
  const is = sql`state = ${sql.lit(state)}`;
  return state === "failed" || state === "uncertain" ? [is, isNotCertain] : [is];
}

function isOneOf(callers: readonly string[]): RawBuilder<unknown> {
  return callers.length === 0 ? sql`1 = 0` : sql`caller in (${sql.join(callers)})`;
}

/** The text of the charge stands in that of all charges, letter by letter: LIKE would not mind the case. */
export function isChargedTo(meter: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`replace(charges, ${`"meter":${JSON.stringify(meter)}`}, '') <> charges`;
}
