import type { CorrectionRecord } from "../journal/records.js";
import type { LedgerAttempt } from "./reports/rows.js";

/** A person's word on what an attempt really cost. */
export interface Settlement {
  readonly attemptId: string;
  readonly costNanoUsd: bigint;
  /** Who says so. */
  readonly by: string;
  /** How they know. */
  readonly note: string;
}

/** A settlement that cannot be. */
export class SettlementError extends Error {
  override readonly name = "SettlementError";

  constructor(
    /** Of the settlement. */
    readonly field: "attemptId" | "costNanoUsd" | "by" | "note",
    readonly code: "not_found" | "already_certain" | "invalid",
    message: string,
  ) {
    super(message);
  }
}

/** The most that one attempt may be settled at: 10^15 nano-dollars, a million dollars. */
const mostNanoUsd = 10n ** 15n;

/** In characters; it is kept for good. */
const longestText = 1_000;

/** @throws SettlementError where a field cannot be right, whatever the attempt */
export function checkSettlement({ costNanoUsd, by, note }: Settlement): void {
  if (costNanoUsd < 0n || costNanoUsd > mostNanoUsd)
    throw new SettlementError("costNanoUsd", "invalid", "The cost must be from $0 to $1000000.");
  for (const [field, text] of Object.entries({ by, note }) as ["by" | "note", string][]) {
    if (text.trim() === "" || text.length > longestText)
      throw new SettlementError(field, "invalid", `'${field}' must have 1 to ${longestText} characters.`);
  }
}

/**
 * What is written down for it. What an upstream itself has counted is not settled by hand; what was settled by hand may be
 * once more.
 *
 * @param attempt as the ledger has it, with all that is committed
 * @throws SettlementError where it cannot be settled
 */
export function correctionFor(
  settlement: Settlement,
  attempt: LedgerAttempt | undefined,
  atMs: number,
): CorrectionRecord {
  const { attemptId, costNanoUsd, by, note } = settlement;
  if (attempt === undefined)
    throw new SettlementError("attemptId", "not_found", `The ledger has no attempt '${attemptId}'.`);
  const { state, revision, costNanoUsd: before } = attempt;
  if (state !== "uncertain" && revision === 0 && before !== null) {
    throw new SettlementError(
      "attemptId",
      "already_certain",
      `What attempt '${attemptId}' cost is known from its upstream; there is nothing to settle.`,
    );
  }
  return {
    attemptId,
    revision: revision + 1,
    atMs,
    costNanoUsd,
    differenceNanoUsd: costNanoUsd - (before ?? 0n),
    by,
    note,
  };
}
