import { type KeptOutcome, keptOutcomes } from "@darkroom/accounts";
import type { Admission, LostReservations } from "@darkroom/router";
import { attemptIdOf } from "./reservation-note.js";

const outcomesAtOnce = 200;

export interface JournalToSettle {
  readonly folder: string;
  readonly journalId: string;
  /** The last entry of the journal that is meant. */
  readonly through: number;
}

/** Where limits are kept. */
export interface SettlingStore {
  readonly admission: Pick<Admission, "settle" | "release">;
  /** What the journal's attempts have reserved there; absent: it forgets that with its process. */
  readonly reservations?: Pick<LostReservations, "of" | "settle">;
}

/**
 * Settles what a journal still has of attempts that ended, or were found without an end, where limits are kept. Whatever is
 * settled there already stays as it is, and so does a store that has never heard of an attempt: who died after it had
 * written an outcome, and before it was settled, must not leave its reservation standing for ever. Nothing of the journal may be
 * under way.
 *
 * @throws RedisUnavailableError where it cannot be asked what is reserved
 */
export async function settleJournal(journal: JournalToSettle, store: SettlingStore): Promise<void> {
  let some: KeptOutcome[] = [];
  for (const outcome of keptOutcomes(journal.folder, journal.through)) {
    some.push(outcome);
    if (some.length < outcomesAtOnce) continue;
    await settle(some, store.admission);
    some = [];
  }
  await settle(some, store.admission);
  if (store.reservations !== undefined) await settleReservations(journal, store.reservations);
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

/**
 * What is reserved still: attempts that were admitted anew more than once, and such as the journal does not know. Those were never
 * sent, since whoever admitted them died before they were written down.
 */
async function settleReservations(
  { folder, journalId, through }: JournalToSettle,
  reservations: Pick<LostReservations, "of" | "settle">,
): Promise<void> {
  const { open } = await reservations.of(journalId, 0);
  if (open.length === 0) return;
  const costs = new Map<string, bigint | null>(open.map((one) => [attemptIdOf(one), 0n]));
  for (const { attemptId, costNanoUsd } of keptOutcomes(folder, through))
    if (costs.has(attemptId)) costs.set(attemptId, costNanoUsd);
  const amounts = open.map((one) => [one.admittedAs, costs.get(attemptIdOf(one)) ?? one.nanoUsd] as const);
  await reservations.settle(journalId, new Map(amounts));
}
