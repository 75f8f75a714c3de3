import { dayOf } from "../ledger/applying/daily-changes.js";
import type { LedgerAttempt } from "../ledger/reports/rows.js";
import type { BillItem } from "./bill.js";
import { plainModel } from "./match-lines.js";
import { type ProposedSettlement, type Reconciliation, RowSums } from "./reconciliation.js";
import { shareProportionally } from "./share.js";

export interface DaysOptions {
  /** Items of these projects only; none: of all. */
  readonly projects: readonly string[];
  /** Items whose words contain one of these. */
  readonly items: readonly string[];
  /** Milliseconds since 1970: a day that has not ended then is not settled. */
  readonly nowMs: number;
}

/** What image models are called on bills. */
export const imageItems: readonly string[] = ["image", "dall-e"];

const allModels = "all";

/**
 * Holds attempts against a bill's sums of days (UTC). What a day's bill has beyond what is certain is shared among the day's
 * uncertain attempts in proportion to their estimates, never more than each, so that certain amounts come to the bill where
 * that can be. Models are told apart on days of which every item names one that the ledger has.
 * @param attempts of the days
 */
export async function reconcileDays(
  attempts: AsyncIterable<LedgerAttempt>,
  items: readonly BillItem[],
  { projects, items: words, nowMs }: DaysOptions,
): Promise<Reconciliation> {
  const isMeant = ({ project, item }: BillItem): boolean =>
    (projects.length === 0 || (project !== undefined && projects.includes(project))) &&
    (item === undefined || words.some((word) => item.toLowerCase().includes(word.toLowerCase())));
  const days = new Map<string, BillItem[]>();
  const aside = new Map<string, bigint>();
  for (const item of items) {
    if (isMeant(item)) days.set(item.day, [...(days.get(item.day) ?? []), item]);
    else {
      const name = item.item ?? "(without a name)";
      aside.set(name, (aside.get(name) ?? 0n) + item.nanoUsd);
    }
  }
  // A day whose items are all left aside was billed nothing that is meant.
  for (const { day } of items) if (!days.has(day)) days.set(day, []);

  const ledgerDays = new Map<string, DayOfModel>();
  const models = new Map<string, Set<string>>();
  for await (const { attemptId, requestId, atMs, state, costNanoUsd, model } of attempts) {
    const day = dayOf(atMs);
    if (!days.has(day)) continue;
    const name = plainModel(model);
    models.set(day, (models.get(day) ?? new Set()).add(name));
    const key = `${day} ${name}`;
    const sum = ledgerDays.get(key) ?? { certainNanoUsd: 0n, withoutBound: 0, uncertain: [] };
    ledgerDays.set(key, sum);
    if (state === "uncertain" && costNanoUsd === null) sum.withoutBound += 1;
    else if (state === "uncertain")
      sum.uncertain.push({ attemptId, requestId, mostNanoUsd: costNanoUsd ?? 0n });
    else sum.certainNanoUsd += costNanoUsd ?? 0n;
  }

  const sums = new RowSums();
  const settlements: ProposedSettlement[] = [];
  let stillUncertain = 0;
  for (const [day, ofDay] of days) {
    const known = [...(models.get(day) ?? [])].sort((one, other) => other.length - one.length);
    const modelOf = ({ item = "" }: BillItem): string | undefined =>
      known.find((model) => plainModel(item.split(",")[0]?.trim() ?? "") === model);
    const isApart = ofDay.length > 0 && ofDay.every((item) => modelOf(item) !== undefined);
    for (const model of isApart ? known : [allModels]) {
      const parts = (isApart ? [model] : known).flatMap((name) => ledgerDays.get(`${day} ${name}`) ?? []);
      const certainNanoUsd = parts.reduce((sum, part) => sum + part.certainNanoUsd, 0n);
      const uncertain = parts.flatMap((part) => part.uncertain);
      const billNanoUsd = ofDay
        .filter((item) => !isApart || modelOf(item) === model)
        .reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
      const hasEnded = Date.parse(day) + 86_400_000 <= nowMs;
      const shares = hasEnded
        ? shareProportionally(billNanoUsd - certainNanoUsd, uncertain)
        : new Map<string, bigint>();
      stillUncertain += parts.reduce((sum, part) => sum + part.withoutBound, 0);
      if (!hasEnded) stillUncertain += uncertain.length;
      const note = `its share, by estimates, of what the bill of ${day} for ${model === allModels ? "all image models" : model} has beyond what is certain`;
      for (const { attemptId, requestId, mostNanoUsd } of uncertain) {
        const costNanoUsd = shares.get(attemptId);
        if (costNanoUsd !== undefined)
          settlements.push({ attemptId, requestId, costNanoUsd, mostNanoUsd, note });
      }
      sums.add(
        { day, model, deploymentId: "" },
        {
          certainNanoUsd,
          uncertainNanoUsd: uncertain.reduce((sum, { mostNanoUsd }) => sum + mostNanoUsd, 0n),
          billNanoUsd,
          settledNanoUsd: [...shares.values()].reduce((sum, share) => sum + share, 0n),
        },
      );
    }
  }
  const leftAside = [...aside].map(([item, nanoUsd]) => ({ item, nanoUsd }));
  return { rows: sums.rows, differences: [], settlements, stillUncertain, leftAside };
}

interface DayOfModel {
  certainNanoUsd: bigint;
  /** Uncertain attempts of which nobody knows how much they may have cost: they get no share. */
  withoutBound: number;
  readonly uncertain: {
    readonly attemptId: string;
    readonly requestId: string;
    readonly mostNanoUsd: bigint;
  }[];
}
