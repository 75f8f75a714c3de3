import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { OutcomeState } from "../../journal/records.js";
import type { RequestState } from "../schema.js";

/** Which attempts are meant: those that all of it fits. Times are milliseconds since 1970. */
export interface AttemptFilter extends RowFilter {
  readonly state?: OutcomeState;
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
  const { sinceMs, untilMs, ...exact } = filter;
  const time = sql.ref(timeColumn);
  const conditions = [
    ...(sinceMs === undefined ? [] : [sql`${time} >= ${sinceMs}`]),
    ...(untilMs === undefined ? [] : [sql`${time} < ${untilMs}`]),
    ...Object.entries({
      modelGroup: exact.group,
      deploymentId: exact.deploymentId,
      requestId: exact.requestId,
      caller: exact.caller,
      state: exact.state,
    }).flatMap(([column, value]) => (value === undefined ? [] : [sql`${sql.ref(column)} = ${value}`])),
  ];
  return conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}
