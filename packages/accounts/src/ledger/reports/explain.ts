import type { Kysely } from "kysely";
import type { LedgerTables } from "../schema.js";
import {
  type LedgerAttempt,
  type LedgerCorrection,
  type LedgerRequest,
  attemptFrom,
  correctionFrom,
  requestFrom,
} from "./rows.js";

/** All that is known of a request. */
export interface RequestExplanation {
  readonly request: LedgerRequest;
  /** In the order in which they were sent. */
  readonly attempts: readonly ExplainedAttempt[];
}

export interface ExplainedAttempt extends LedgerAttempt {
  readonly corrections: readonly LedgerCorrection[];
}

/** Undefined: no such request is known. */
export async function explainRequest(
  database: Kysely<LedgerTables>,
  requestId: string,
): Promise<RequestExplanation | undefined> {
  const request = await database
    .selectFrom("requests")
    .selectAll()
    .where("requestId", "=", requestId)
    .executeTakeFirst();
  if (request === undefined) return undefined;
  const attempts = await database
    .selectFrom("attempts")
    .selectAll()
    .where("requestId", "=", requestId)
    .orderBy("atMs")
    .orderBy("number")
    .execute();
  const corrections = await correctionsOf(
    database,
    attempts.map(({ attemptId }) => attemptId),
  );
  return {
    request: requestFrom(request),
    attempts: attempts.map((attempt) => ({
      ...attemptFrom(attempt),
      corrections: corrections.filter(({ attemptId }) => attemptId === attempt.attemptId),
    })),
  };
}

/** Undefined: no such attempt is known. */
export async function findAttempt(
  database: Kysely<LedgerTables>,
  attemptId: string,
): Promise<LedgerAttempt | undefined> {
  const row = await database
    .selectFrom("attempts")
    .selectAll()
    .where("attemptId", "=", attemptId)
    .executeTakeFirst();
  return row && attemptFrom(row);
}

async function correctionsOf(
  database: Kysely<LedgerTables>,
  attemptIds: readonly string[],
): Promise<LedgerCorrection[]> {
  // SQL knows no empty list.
  if (attemptIds.length === 0) return [];
  const rows = await database
    .selectFrom("corrections")
    .selectAll()
    .where("attemptId", "in", attemptIds)
    .orderBy("attemptId")
    .orderBy("revision")
    .execute();
  return rows.map(correctionFrom);
}
