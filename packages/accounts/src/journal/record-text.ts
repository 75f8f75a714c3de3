import type {
  CarriedSpendRecord,
  CorrectionRecord,
  IntentRecord,
  OutcomeRecord,
  RefusalsRecord,
  RequestRecord,
} from "./records.js";

/*
 * The records as they stand in the file: JSON, amounts as decimal strings. Each record's amounts are named here, since a
 * function that looks at every field for a bigint costs several times as much, for each of a thousand records a second.
 */

export function intentText(record: IntentRecord): string {
  return JSON.stringify({ ...record, estimateNanoUsd: amountText(record.estimateNanoUsd) });
}

export function outcomeText(record: OutcomeRecord): string {
  const { breakdown } = record;
  return JSON.stringify({
    ...record,
    costNanoUsd: amountText(record.costNanoUsd),
    breakdown: breakdown === undefined ? undefined : amountTexts(breakdown),
  });
}

/** Of an attempt that has ended, or whose outcome will never be known. */
export function attemptText(intent: string, outcome: string): string {
  return `{"intent":${intent},"outcome":${outcome}}`;
}

export function requestText(record: RequestRecord): string {
  return JSON.stringify({ ...record, costNanoUsd: amountText(record.costNanoUsd) });
}

export function refusalsText(record: RefusalsRecord): string {
  return JSON.stringify(record);
}

export function correctionText(record: CorrectionRecord): string {
  return JSON.stringify({
    ...record,
    costNanoUsd: record.costNanoUsd.toString(),
    differenceNanoUsd: record.differenceNanoUsd.toString(),
  });
}

export function carriedText(record: CarriedSpendRecord): string {
  return JSON.stringify({ ...record, nanoUsd: record.nanoUsd.toString() });
}

function amountText(nanoUsd: bigint | null): string | null {
  return nanoUsd === null ? null : nanoUsd.toString();
}

function amountTexts(amounts: Readonly<Record<string, bigint>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in amounts) texts[name] = String(amounts[name]);
  return texts;
}
