import { type KeptOutcome, keptOutcomes } from "@darkroom/accounts";
import type { Admission } from "@darkroom/router";

const outcomesAtOnce = 200;

/**
 * Settles what a journal still has of attempts that ended, or were found without an end, where limits are kept. Whatever is
 * settled there already stays as it is, and so does a store that has never heard of an attempt: who died after it had
 * written an outcome, and before it was settled, must not leave its reservation standing for ever.
 *
 * @param through the last entry of the journal that is meant
 */
export async function settleJournal(
  folder: string,
  through: number,
  admission: Pick<Admission, "settle" | "release">,
): Promise<void> {
  let some: KeptOutcome[] = [];
  for (const outcome of keptOutcomes(folder, through)) {
    some.push(outcome);
    if (some.length < outcomesAtOnce) continue;
    await settle(some, admission);
    some = [];
  }
  await settle(some, admission);
}

async function settle(
  outcomes: readonly KeptOutcome[],
  admission: Pick<Admission, "settle" | "release">,
): Promise<void> {
  if (outcomes.length === 0) return;
  const settlements = outcomes.flatMap(({ attemptId, atMs, costNanoUsd }) =>
    // One that waited for its connection was admitted once more, under another name.
    [attemptId, `${attemptId}+1`].map((id) => ({
      attemptId: id,
      admittedAtMs: atMs,
      corrections: [],
      ...(costNanoUsd !== null && { money: costNanoUsd }),
    })),
  );
  await admission.settle(settlements);
}
