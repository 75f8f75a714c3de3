import type { Ledger } from "@darkroom/accounts";

/** More names a statement does not take at once. */
const mostIds = 1_000;

/**
 * What was charged to payers' meters so far, in nano-dollars: over all days, uncertain amounts included. It may lag behind by
 * a tenth of a second.
 */
export function spendOfLedger({
  reports,
}: Pick<Ledger, "reports">): (meters: readonly string[]) => Promise<ReadonlyMap<string, bigint>> {
  return async (meters) => {
    const idsOf = new Map<string, string[]>();
    for (const meter of meters) {
      const colon = meter.indexOf(":");
      const scope = meter.slice(0, colon);
      idsOf.set(scope, [...(idsOf.get(scope) ?? []), meter.slice(colon + 1)]);
    }
    const spend = new Map<string, bigint>();
    for (const [scope, all] of idsOf) {
      for (let start = 0; start < all.length; start += mostIds) {
        const ids = all.slice(start, start + mostIds);
        for (const { id = "", certainNanoUsd, uncertainNanoUsd } of await reports.dailySpend({ scope, ids }, [
          "id",
        ]))
          spend.set(`${scope}:${id}`, certainNanoUsd + uncertainNanoUsd);
      }
    }
    return spend;
  };
}
