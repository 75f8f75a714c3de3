import { PostgresStatements } from "../../database/postgres/postgres-statements.js";
import type { PostgresSettings } from "../../database/postgres/postgres-settings.js";
import type { StatementDatabase } from "../../database/statement-database.js";
import { attemptText, intentText, outcomeText } from "../../journal/record-text.js";
import type { IntentRecord } from "../../journal/records.js";
import { BatchRows } from "./batch-rows.js";
import { DailyChanges } from "./daily-changes.js";
import { UnreadableEntryError } from "./fields.js";
import { type Change, readEntry } from "./read-entry.js";
import { SpendChanges } from "./spend-changes.js";
import { ledgerStatements } from "./statements.js";
import { addAttempts, writeSums } from "./sums.js";

/** Of which entry a row is that no entry tells of. */
const noEntry = 0;

/** What became of the attempts of a journal that was lost. */
export interface EnteredAttempts {
  /** Those that were not in the ledger, and are uncertain there now. */
  readonly entered: readonly string[];
  /** What each is charged at; null where no price is known. An attempt that cannot be entered is missing. */
  readonly costs: ReadonlyMap<string, bigint | null>;
}

/**
 * Enters attempts whose journal is lost as uncertain, at their estimates. One that is in the ledger stays as it is there; an
 * outcome that comes after all, by the journal itself, takes the place of what is entered here.
 *
 * @param nowMs when they were given up, in milliseconds since 1970
 * @throws Error where the database cannot be written: nothing was entered then
 */
export async function enterLostAttempts(
  postgres: PostgresSettings,
  journalId: string,
  intents: readonly IntentRecord[],
  nowMs: number,
): Promise<EnteredAttempts> {
  const database = new PostgresStatements(postgres);
  try {
    return await enterInto(database, journalId, intents, nowMs);
  } finally {
    await database.close();
  }
}

/** As {@link enterLostAttempts}, in whichever database. */
export function enterInto(
  database: StatementDatabase,
  journalId: string,
  intents: readonly IntentRecord[],
  nowMs: number,
): Promise<EnteredAttempts> {
  const statements = ledgerStatements(database);
  return database.inTransaction(async () => {
    await statements.insertJournal.run({ id: journalId });
    const [mark] = (await statements.journal.all({ id: journalId })) as {
      number: bigint;
      applied_through: bigint;
    }[];
    if (mark === undefined) throw new Error("a mark was written and is not there");
    const [journal, from] = [Number(mark.number), Number(mark.applied_through)];
    // Whoever applies this journal waits here, or is waited for.
    await statements.moveMark.run({ number: journal, from, appliedThrough: from });
    const rows = new BatchRows(statements);
    const lost = intents.flatMap((intent) => lostAttempt(intent, nowMs) ?? []);
    for (const { attempt, ...others } of lost)
      rows.addAttempt({ ...others, row: { ...attempt, journal, sequence: noEntry } });
    const { entered } = await rows.write();
    const sums = { spend: new SpendChanges(), daily: new DailyChanges() };
    addAttempts(sums, entered);
    const costs = new Map<string, bigint | null>();
    for (const { attempt } of lost) {
      const [row] = (await statements.costOf.all({ attemptId: attempt.attemptId })) as {
        cost_nano_usd: bigint | null;
      }[];
      costs.set(attempt.attemptId, row?.cost_nano_usd ?? null);
    }
    await statements.interruptRequests.run({ journal });
    await writeSums(statements, sums);
    return { entered: entered.map(({ row }) => row.attemptId), costs };
  });
}

/** Read as an entry is, so that nothing gets in that an entry could not say; undefined where it cannot be. */
function lostAttempt(
  intent: IntentRecord,
  nowMs: number,
): Extract<Change, { readonly kind: "attempt" }> | undefined {
  const outcome = {
    attemptId: intent.attemptId,
    atMs: nowMs,
    state: "uncertain",
    costNanoUsd: intent.estimateNanoUsd,
    images: 0,
    durationMs: 0,
    errorClass: "gateway_lost",
    reason: "the gateway and its journal were lost",
  } as const;
  const record = attemptText(intentText(intent), outcomeText(outcome));
  try {
    const change = readEntry({ sequence: noEntry, kind: "recovered", record });
    return change.kind === "attempt" ? change : undefined;
  } catch (error) {
    if (error instanceof UnreadableEntryError) return undefined;
    throw error;
  }
}
