import type { Kysely } from "kysely";
import type { OutcomeState } from "../../journal/records.js";
import type { LedgerTables } from "../schema.js";

/** An attempt of a request that had an idempotency key. */
export interface KeyedAttempt {
  readonly requestId: string;
  readonly idempotency: { readonly key: string; readonly fingerprint: string };
  /** When it ended, or was found without an end: milliseconds since 1970. */
  readonly atMs: number;
  readonly state: OutcomeState;
  readonly costNanoUsd: bigint | null;
}

/** In the order in which they came to the ledger. @param sinceMs those that ended at this time or later */
export async function listKeyedAttempts(
  database: Kysely<LedgerTables>,
  sinceMs: number,
): Promise<readonly KeyedAttempt[]> {
  const rows = await database
    .selectFrom("attempts")
    .select(["requestId", "idempotencyKey", "idempotencyFingerprint", "endedAtMs", "state", "costNanoUsd"])
    .where("idempotencyKey", "is not", null)
    .where("endedAtMs", ">=", sinceMs)
    .orderBy("number")
    .execute();
  return rows.map(({ requestId, idempotencyKey, idempotencyFingerprint, endedAtMs, state, costNanoUsd }) => ({
    requestId,
    idempotency: { key: idempotencyKey ?? "", fingerprint: idempotencyFingerprint ?? "" },
    atMs: endedAtMs,
    state,
    costNanoUsd,
  }));
}
