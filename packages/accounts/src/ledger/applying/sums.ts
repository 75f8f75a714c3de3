import type { DailyChanges } from "./daily-changes.js";
import type { SpendChanges } from "./spend-changes.js";
import { type LedgerStatements, dailyNames, dailySums } from "./statements.js";

/** What rows change in the sums of meters and days. */
export interface Sums {
  readonly spend: SpendChanges;
  readonly daily: DailyChanges;
}

/** To be called last of all in a transaction: everybody writes some of these rows, and they are locked until its end. */
export async function writeSums(statements: LedgerStatements, { spend, daily }: Sums): Promise<void> {
  for (const one of spend) await statements.addSpend.run(one);
  await statements.addDailySpend.run(
    daily.inOrder().flatMap((one) => [...dailyNames, ...dailySums].map((column) => one[column])),
  );
}
