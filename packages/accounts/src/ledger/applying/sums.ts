import { type NewAttempt, alike } from "./alike-attempts.js";
import type { DailyChanges } from "./daily-changes.js";
import type { SpendChanges } from "./spend-changes.js";
import type { LedgerStatements } from "./statements.js";

/** What rows change in the sums of meters and days. */
export interface Sums {
  readonly spend: SpendChanges;
  readonly daily: DailyChanges;
}

export function addAttempts({ spend, daily }: Sums, attempts: readonly NewAttempt[]): void {
  for (const some of alike(attempts)) {
    spend.add(some);
    daily.add(some);
  }
}

/** To be called last of all in a transaction: everybody writes some of these rows, and they are locked until its end. */
export async function writeSums(statements: LedgerStatements, { spend, daily }: Sums): Promise<void> {
  await statements.addSpend.run(spend.inOrder());
  await statements.addDailySpend.run(daily.inOrder());
}
