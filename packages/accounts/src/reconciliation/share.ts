/** What an attempt may have cost at most, in nano-dollars. */
export interface UncertainAmount {
  readonly attemptId: string;
  readonly mostNanoUsd: bigint;
}

/**
 * Shares an amount among uncertain attempts in proportion to what each may have cost, none beyond that; whole nano-dollars
 * by largest remainder, so that the shares sum up to the amount. Below nothing it is nothing, and above all that they may
 * have cost it is all of that.
 */
export function shareProportionally(
  amountNanoUsd: bigint,
  attempts: readonly UncertainAmount[],
): ReadonlyMap<string, bigint> {
  const all = attempts.reduce((sum, { mostNanoUsd }) => sum + mostNanoUsd, 0n);
  const shared = amountNanoUsd < 0n ? 0n : amountNanoUsd > all ? all : amountNanoUsd;
  if (all === 0n) return new Map(attempts.map(({ attemptId }) => [attemptId, 0n]));
  const shares = attempts.map(({ attemptId, mostNanoUsd }) => ({
    attemptId,
    share: (shared * mostNanoUsd) / all,
    remainder: (shared * mostNanoUsd) % all,
  }));
  const left = shared - shares.reduce((sum, { share }) => sum + share, 0n);
  const more = new Set(
    [...shares]
      .sort((one, other) => (one.remainder < other.remainder ? 1 : one.remainder > other.remainder ? -1 : 0))
      .slice(0, Number(left))
      .map(({ attemptId }) => attemptId),
  );
  return new Map(shares.map(({ attemptId, share }) => [attemptId, more.has(attemptId) ? share + 1n : share]));
}
