import type { Selectable } from "kysely";
import type { ChargedMeter } from "../applying/read-entry.js";
import type { AttemptTable, CorrectionTable, RequestTable } from "../schema.js";

/** An attempt as the ledger has it; without its prompt, should one be kept. */
export type LedgerAttempt = Omit<
  Selectable<AttemptTable>,
  | "number"
  | "journal"
  | "sequence"
  | "prompt"
  | "idempotencyKey"
  | "idempotencyFingerprint"
  | "charges"
  | "breakdown"
  | "tokens"
  | "stream"
> & {
  readonly stream: boolean;
  /** Each is charged the whole cost. */
  readonly charges: readonly ChargedMeter[];
  /** Nano-dollars by what they are for, as they were reckoned; what corrections changed is not in it. */
  readonly breakdown: Readonly<Record<string, bigint>> | null;
  readonly tokens: Readonly<Record<string, number>> | null;
};

export type LedgerRequest = Omit<Selectable<RequestTable>, "number">;

export type LedgerCorrection = Omit<Selectable<CorrectionTable>, "journal" | "sequence">;

export function attemptFrom(row: Selectable<AttemptTable>): LedgerAttempt {
  const { number, journal, sequence, prompt, idempotencyKey, idempotencyFingerprint, ...shown } = row;
  const { charges, breakdown, tokens, stream, ...columns } = shown;
  return {
    ...columns,
    stream: stream === 1,
    charges: JSON.parse(charges) as ChargedMeter[],
    breakdown: breakdown === null ? null : amountsFrom(JSON.parse(breakdown) as Record<string, string>),
    tokens: tokens === null ? null : (JSON.parse(tokens) as Record<string, number>),
  };
}

export function requestFrom({ number, ...request }: Selectable<RequestTable>): LedgerRequest {
  return request;
}

export function correctionFrom(row: Selectable<CorrectionTable>): LedgerCorrection {
  const { journal, sequence, ...correction } = row;
  return correction;
}

function amountsFrom(texts: Readonly<Record<string, string>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(texts).map(([name, amount]) => [name, BigInt(amount)]));
}
