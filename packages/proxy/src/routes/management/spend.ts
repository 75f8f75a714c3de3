import type { Ledger } from "@darkroom/accounts";

/** More are read at once than one after the other. */
const fewMeters = 20;

/**
 * What was charged to meters so far, in nano-dollars: over all periods, uncertain amounts included. It may lag behind by a
 * tenth of a second.
 */
export function spendOfLedger(
  ledger: Ledger,
): (meters: readonly string[]) => Promise<ReadonlyMap<string, bigint>> {
  return async (meters) => {
    const rows =
      meters.length <= fewMeters
        ? (await Promise.all(meters.map((meter) => ledger.reports.spend({ meter })))).flat()
        : await ledger.reports.spend({});
    const asked = new Set(meters);
    const spend = new Map<string, bigint>();
    for (const { meter, certainNanoUsd, uncertainNanoUsd } of rows)
      if (asked.has(meter)) spend.set(meter, (spend.get(meter) ?? 0n) + certainNanoUsd + uncertainNanoUsd);
    return spend;
  };
}
