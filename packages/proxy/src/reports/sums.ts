import type { DailySum } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";

/** What attempts come to. */
export type Totals = Omit<DailySum, "day" | "id" | "keyId" | "modelGroup" | "model" | "provider">;

const nothing: Totals = {
  certainNanoUsd: 0n,
  uncertainNanoUsd: 0n,
  attempts: 0,
  succeeded: 0,
  images: 0,
  inputTokens: 0,
  outputTokens: 0,
};

export function totalOf(sums: readonly Totals[]): Totals {
  return sums.reduce(
    (total, sum) => ({
      certainNanoUsd: total.certainNanoUsd + sum.certainNanoUsd,
      uncertainNanoUsd: total.uncertainNanoUsd + sum.uncertainNanoUsd,
      attempts: total.attempts + sum.attempts,
      succeeded: total.succeeded + sum.succeeded,
      images: total.images + sum.images,
      inputTokens: total.inputTokens + sum.inputTokens,
      outputTokens: total.outputTokens + sum.outputTokens,
    }),
    nothing,
  );
}

/** In the order in which keys come up. */
export function groupedBy<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string | undefined,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value) ?? "";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

export function spentNanoUsd({ certainNanoUsd, uncertainNanoUsd }: Totals): bigint {
  return certainNanoUsd + uncertainNanoUsd;
}

/** The dearest first. */
export function dearestFirst<Value extends Totals>(sums: readonly Value[]): readonly Value[] {
  return [...sums].sort((one, other) => Number(spentNanoUsd(other) - spentNanoUsd(one)));
}

/**
 * An amount as answers have it: LiteLLM's number of dollars, which includes what is uncertain, and beside it exact texts, what
 * is uncertain apart.
 */
export function spendFields(sum: Totals, name = "spend"): Record<string, number | string> {
  const total = formatUsd(spentNanoUsd(sum));
  return {
    [name]: Number(total),
    [`${name}_usd`]: total,
    certain_usd: formatUsd(sum.certainNanoUsd),
    uncertain_usd: formatUsd(sum.uncertainNanoUsd),
  };
}
