import {
  type CarriedSpendRecord,
  type Finding,
  type ImportCounts,
  type ImportPlan,
  type LedgerReports,
} from "@darkroom/accounts";

/** What an import has done, or would do. */
export interface Imported {
  readonly dryRun: boolean;
  readonly counts: ImportCounts;
  /** Meters whose spend is carried over now, and those that were before. */
  readonly spend: { readonly new: number; readonly here: number };
  readonly findings: readonly Finding[];
}

/** Where an import goes. */
export interface ImportTarget {
  /** For people. */
  readonly name: string;
  /** Says what would come, and writes nothing. */
  tried(plan: ImportPlan): Promise<Imported>;
  applied(plan: ImportPlan): Promise<Imported>;
}

/** Who imports. */
export const by = "import litellm";

/** What a plan's spend comes to where some of it has come. */
export function spendCounts(spend: readonly CarriedSpendRecord[], fresh: number): Imported["spend"] {
  return { new: fresh, here: spend.length - fresh };
}

/** The meters whose spend with LiteLLM has come before. */
export async function carriedMeters(
  reports: Pick<LedgerReports, "carriedSpend">,
): Promise<ReadonlySet<string>> {
  const carried = await reports.carriedSpend();
  return new Set(carried.filter(({ source }) => source === "litellm").map(({ meter }) => meter));
}
