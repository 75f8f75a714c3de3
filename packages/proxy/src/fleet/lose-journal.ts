import { type IntentRecord, type PostgresSettings, enterLostAttempts } from "@darkroom/accounts";
import type { LostReservations, OpenReservation } from "@darkroom/router";
import { attemptIdOf, intentOfReservation } from "../books/reservation-note.js";

/** So many are one transaction. */
const attemptsAtOnce = 500;

export interface JournalToLose {
  readonly journalId: string;
  readonly postgres: PostgresSettings;
  readonly reservations: Pick<LostReservations, "of" | "settle">;
  /** For so long a gateway that Redis has heard of is taken for alive. */
  readonly aliveForMs: number;
}

export interface LostJournal {
  /** Attempts that are uncertain in the ledger now, at what they had reserved. */
  readonly entered: number;
  readonly nanoUsd: bigint;
  /** Attempts that the ledger had already: their reservations are settled at what they cost. */
  readonly known: number;
  /** Of which too little is known to enter them: they stay reserved. */
  readonly left: number;
}

/**
 * Takes for spent what a gateway had under way whose journal is lost: its attempts become uncertain in the ledger, and then their
 * reservations are settled at just that. Done again, or by several at once, nothing changes; what is known better afterwards corrects both.
 *
 * @returns undefined where the gateway is alive
 * @throws RedisUnavailableError, or Error where the database cannot be written: what is left is done the next time
 */
export async function loseJournal({
  journalId,
  postgres,
  reservations,
  aliveForMs,
}: JournalToLose): Promise<LostJournal | undefined> {
  const { isAlive, open } = await reservations.of(journalId, aliveForMs);
  if (isAlive) return undefined;
  const sum = { entered: 0, nanoUsd: 0n, known: 0, left: 0 };
  for (let from = 0; from < open.length; from += attemptsAtOnce) {
    const some = open.slice(from, from + attemptsAtOnce);
    const intents = new Map<string, IntentRecord>();
    for (const reservation of some) {
      const intent = hasEnded(reservation) ? undefined : intentOfReservation(reservation);
      if (intent !== undefined) intents.set(intent.attemptId, intent);
    }
    const { entered, costs } = await enterLostAttempts(
      postgres,
      journalId,
      [...intents.values()],
      Date.now(),
    );
    const amounts = new Map<string, bigint>();
    for (const reservation of some) {
      const cost = costs.get(attemptIdOf(reservation));
      if (hasEnded(reservation)) amounts.set(reservation.admittedAs, 0n);
      else if (cost !== undefined) amounts.set(reservation.admittedAs, cost ?? reservation.nanoUsd);
      else sum.left += 1;
    }
    await reservations.settle(journalId, amounts);
    sum.entered += entered.length;
    sum.known += costs.size - entered.length;
    for (const id of entered) sum.nanoUsd += intents.get(id)?.estimateNanoUsd ?? 0n;
  }
  return sum;
}

/** Nothing of it is left but its name. */
const hasEnded = ({ requestId }: OpenReservation): boolean => requestId === "";
