import type { DirectoryReader } from "../directory/directory.js";
import type { CarriedSpendRecord } from "../journal/records.js";
import type { LedgerReports } from "../ledger/reports/reports.js";

/**
 * Of what is to be carried over, the meters that a gateway may have begun to count: their payers are in the directory, or have
 * been charged. While gateways share their limits, what is added to such a meter in the books would be missing there.
 */
export async function countedAlready(
  spend: readonly CarriedSpendRecord[],
  read: DirectoryReader,
  reports: Pick<LedgerReports, "spend">,
): Promise<ReadonlySet<string>> {
  const counted = new Set<string>();
  for (const { meter } of spend)
    if ((await isKnown(meter, read)) || (await reports.spend({ meter })).length > 0) counted.add(meter);
  return counted;
}

async function isKnown(meter: string, read: DirectoryReader): Promise<boolean> {
  const at = meter.indexOf(":");
  const id = meter.slice(at + 1);
  const kinds: Readonly<Record<string, { get(id: string): Promise<unknown> }>> = {
    ...{ key: read.keys, organization: read.organizations, team: read.teams, member: read.members },
    ...{ user: read.users, customer: read.customers, tag: read.tags },
  };
  return (await kinds[meter.slice(0, at)]?.get(id)) !== undefined;
}
