import type { AttemptFilter, LedgerReports, LedgerSum, SumKey } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";

/** What attempts come to, as JSON: amounts are decimal texts of dollars, since a float would round them. */
export interface SumAnswer extends SumTotals {
  /** Entries of the journal that could not be applied: what they charge is in no sum. */
  readonly set_aside: number;
  /** Where it was asked for: the parts of the sum, the dearest first. */
  readonly parts?: readonly SumPart[];
}

export interface SumPart extends SumTotals {
  /** The group, deployment or model. */
  readonly key: string;
}

export interface SumTotals {
  readonly rows: number;
  readonly certain_rows: number;
  readonly uncertain_rows: number;
  readonly failed_rows: number;
  readonly unpriced_rows: number;
  readonly certain_usd: string;
  readonly uncertain_usd: string;
  readonly total_usd: string;
  readonly images: number;
  readonly requests: number;
  readonly tokens: Readonly<Record<string, number>>;
}

export async function sumAnswer(
  reports: LedgerReports,
  filter: AttemptFilter,
  by: SumKey | undefined,
): Promise<SumAnswer> {
  const total = await reports.sum(filter);
  const parts = by === undefined ? undefined : await reports.sumBy(filter, by);
  return {
    ...asObject(total),
    set_aside: await reports.setAside(),
    ...(parts === undefined ? {} : { parts: parts.map(({ key, ...sum }) => ({ key, ...asObject(sum) })) }),
  };
}

function asObject(sum: LedgerSum): SumTotals {
  return {
    rows: sum.rows,
    certain_rows: sum.certainRows,
    uncertain_rows: sum.uncertainRows,
    failed_rows: sum.failedRows,
    unpriced_rows: sum.unpricedRows,
    certain_usd: formatUsd(sum.certainNanoUsd),
    uncertain_usd: formatUsd(sum.uncertainNanoUsd),
    total_usd: formatUsd(sum.certainNanoUsd + sum.uncertainNanoUsd),
    images: sum.images,
    requests: sum.requests,
    tokens: sum.tokens,
  };
}
