import { type Kysely, sql } from "kysely";
import type { LedgerTables } from "../schema.js";

/**
 * Who has asked without a virtual key: by the operator's own ones, and from addresses. Of the index of callers each is looked
 * for behind the one before, so that it takes no longer for more attempts.
 */
export async function listKeylessCallers(database: Kysely<LedgerTables>): Promise<readonly string[]> {
  const { rows } = await sql<{ caller: string }>`
    with recursive callers (caller) as (
      select min(caller) from attempts
      union all
      select (select min(attempts.caller) from attempts where attempts.caller > callers.caller)
      from callers where callers.caller is not null
    )
    select caller from callers
    where caller is not null and not exists (
      select 1 from daily_spend
      where scope = 'key' and id >= substr(callers.caller, 5) and id < substr(callers.caller, 5) || 'g'
    )
  `.execute(database);
  return rows.map(({ caller }) => caller);
}
