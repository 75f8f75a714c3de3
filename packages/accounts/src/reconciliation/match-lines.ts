import type { BillLine } from "./bill.js";

/** An attempt that nobody knows the cost of, as far as a line of a bill may be found for it. */
export interface OpenAttempt {
  readonly attemptId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly model: string;
  /** It has cost no less, and no more than the other; null: nobody knows how much it may have cost. */
  readonly leastNanoUsd: bigint;
  readonly mostNanoUsd: bigint | null;
}

/**
 * Lines for attempts without an id of the upstream's: of the same model, charged while the attempt was under way, and for
 * no more than it may have cost. Each line goes to one attempt, and as many attempts get one as can (Kuhn's algorithm for
 * matchings), those that ended first before others.
 */
export function matchLines(
  attempts: readonly OpenAttempt[],
  lines: readonly BillLine[],
): ReadonlyMap<
  string,
  { readonly line: BillLine /** How many lines could be its. */; readonly candidates: number }
> {
  const byTime = [...lines].sort((one, other) => one.atMs - other.atMs);
  const ordered = [...attempts].sort((one, other) => one.untilMs - other.untilMs);
  const fitting = ordered.map(({ fromMs, untilMs, model, leastNanoUsd, mostNanoUsd }) =>
    byTime.flatMap((line, index) =>
      fromMs <= line.atMs &&
      line.atMs <= untilMs &&
      sameModel(line.model, model) &&
      leastNanoUsd <= line.nanoUsd &&
      (mostNanoUsd === null || line.nanoUsd <= mostNanoUsd)
        ? [index]
        : [],
    ),
  );
  const attemptOfLine = new Map<number, number>();
  const assign = (attempt: number, tried: Set<number>): boolean => {
    for (const line of fitting[attempt] ?? []) {
      if (tried.has(line)) continue;
      tried.add(line);
      const holder = attemptOfLine.get(line);
      if (holder === undefined || assign(holder, tried)) {
        attemptOfLine.set(line, attempt);
        return true;
      }
    }
    return false;
  };
  ordered.forEach((_, attempt) => assign(attempt, new Set()));
  const matches = new Map<string, { readonly line: BillLine; readonly candidates: number }>();
  for (const [index, attempt] of attemptOfLine) {
    const [line, open] = [byTime[index], ordered[attempt]];
    if (line !== undefined && open !== undefined)
      matches.set(open.attemptId, { line, candidates: fitting[attempt]?.length ?? 0 });
  }
  return matches;
}

/** A dated snapshot is the model itself. */
function sameModel(one: string, other: string): boolean {
  return plainModel(one) === plainModel(other);
}

export function plainModel(model: string): string {
  return model.replace(/^(openai|azure)\//, "").replace(/-\d{4}-\d{2}-\d{2}$/, "");
}
