/** What holding the ledger against a bill comes to. Amounts are nano-dollars. */
export interface Reconciliation {
  readonly rows: readonly ReconciledRow[];
  /** Single calls on which both sides differ, and nothing is settled. */
  readonly differences: readonly Difference[];
  /** What uncertain attempts cost by the bill. */
  readonly settlements: readonly ProposedSettlement[];
  /** Uncertain attempts that the bill says nothing of yet. */
  readonly stillUncertain: number;
  /** Items of the bill that are not held against the ledger, such as those of other models. */
  readonly leftAside: readonly { readonly item: string; readonly nanoUsd: bigint }[];
}

/** One day of a model at a deployment; in a bill of days, of all deployments. */
export interface ReconciledRow {
  readonly day: string;
  readonly model: string;
  readonly deploymentId: string;
  readonly certainNanoUsd: bigint;
  readonly uncertainNanoUsd: bigint;
  readonly billNanoUsd: bigint;
  /** What of the uncertain amount the bill confirms. */
  readonly settledNanoUsd: bigint;
  /** The bill, less what is certain once all is settled. */
  readonly differenceNanoUsd: bigint;
}

export interface Difference {
  readonly kind: "another amount" | "billed though failed" | "not in the ledger" | "not on the bill";
  readonly attemptId?: string;
  /** The upstream's. */
  readonly requestId?: string;
  readonly day: string;
  readonly model: string;
  readonly deploymentId?: string;
  readonly ledgerNanoUsd: bigint;
  readonly billNanoUsd: bigint;
}

export interface ProposedSettlement {
  readonly attemptId: string;
  readonly requestId: string;
  readonly costNanoUsd: bigint;
  readonly mostNanoUsd: bigint;
  /** How the bill tells: kept for good with the correction. */
  readonly note: string;
}

/** Sums of rows while they are collected. */
export class RowSums {
  readonly #rows = new Map<string, { -readonly [Name in keyof ReconciledRow]: ReconciledRow[Name] }>();

  add(
    names: Pick<ReconciledRow, "day" | "model" | "deploymentId">,
    amounts: Partial<Omit<ReconciledRow, "day" | "model" | "deploymentId" | "differenceNanoUsd">>,
  ): void {
    const key = JSON.stringify([names.day, names.model, names.deploymentId]);
    const row = this.#rows.get(key) ?? { ...names, ...nothing };
    this.#rows.set(key, row);
    for (const [name, amount] of Object.entries(amounts)) row[name as keyof typeof nothing] += amount;
  }

  get rows(): readonly ReconciledRow[] {
    return [...this.#rows]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, row]) => ({
        ...row,
        differenceNanoUsd: row.billNanoUsd - row.certainNanoUsd - row.settledNanoUsd,
      }));
  }
}

const nothing = {
  certainNanoUsd: 0n,
  uncertainNanoUsd: 0n,
  billNanoUsd: 0n,
  settledNanoUsd: 0n,
  differenceNanoUsd: 0n,
};
