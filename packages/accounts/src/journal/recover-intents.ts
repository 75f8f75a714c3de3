import type Database from "libsql";
import { ManyRows } from "./many-rows.js";
import { attemptText, outcomeText } from "./record-text.js";

/**
 * Ends every attempt that was left without outcome, since whoever made it has died: the upstream may have billed it, so
 * that it is charged at its estimate until somebody knows better.
 *
 * @param committed the last sequence in the file
 * @returns how many there were; they have the sequences that follow
 */
export function recoverIntents(database: Database.Database, committed: number, nowMs: number): number {
  const intents = database.prepare("SELECT record FROM intents ORDER BY ordinal").pluck().all() as string[];
  if (intents.length === 0) return 0;

  const entries = intents.flatMap((intent, index) => [
    committed + 1 + index,
    "recovered",
    attemptText(intent, unknownOutcome(intent, nowMs)),
  ]);
  database.exec("BEGIN IMMEDIATE");
  new ManyRows(database, "INSERT INTO entries VALUES", "(?,?,?)").run(entries);
  database.exec("DELETE FROM intents");
  database.exec("COMMIT");
  return intents.length;
}

function unknownOutcome(intent: string, nowMs: number): string {
  const { attemptId, estimateNanoUsd } = JSON.parse(intent) as {
    attemptId: string;
    estimateNanoUsd: string | null;
  };
  return outcomeText({
    attemptId,
    atMs: nowMs,
    state: "uncertain",
    costNanoUsd: estimateNanoUsd === null ? null : BigInt(estimateNanoUsd),
    images: 0,
    // How long the call ran is not known either.
    durationMs: 0,
    errorClass: "gateway_died",
    reason: "the gateway died before the outcome was written",
  });
}
