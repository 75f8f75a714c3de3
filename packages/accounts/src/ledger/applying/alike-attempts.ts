import type { OutcomeState } from "../../journal/records.js";
import type { AttemptTable } from "../schema.js";
import type { ChargedMeter } from "./read-entry.js";

/** An attempt that is to be written. */
export interface NewAttempt {
  readonly row: Omit<AttemptTable, "number">;
  readonly charges: readonly ChargedMeter[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Attempts of one day that ended alike and are charged alike, summed up. */
export interface AlikeAttempts {
  /** When the first one began. */
  readonly atMs: number;
  readonly model: string;
  readonly modelGroup: string;
  readonly provider: string;
  readonly charges: readonly ChargedMeter[];
  readonly state: OutcomeState;
  attempts: number;
  /** Those without a known price add nothing. */
  nanoUsd: bigint;
  images: number;
  inputTokens: number;
  outputTokens: number;
}

const dayMs = 24 * 60 * 60 * 1_000;

/** Sums up attempts as far as they are alike, so that each sum that they change is changed once for many. */
export function alike(attempts: readonly NewAttempt[]): Iterable<AlikeAttempts> {
  const sums = new Map<string, AlikeAttempts>();
  for (const { row, charges, inputTokens, outputTokens } of attempts) {
    const { atMs, model, modelGroup, provider, state } = row;
    const key = JSON.stringify([row.charges, Math.floor(atMs / dayMs), model, modelGroup, provider, state]);
    let sum = sums.get(key);
    if (sum === undefined) {
      sum = { atMs, model, modelGroup, provider, charges, state, ...nothing };
      sums.set(key, sum);
    }
    sum.attempts += 1;
    sum.nanoUsd += row.costNanoUsd ?? 0n;
    sum.images += row.images;
    sum.inputTokens += inputTokens;
    sum.outputTokens += outputTokens;
  }
  return sums.values();
}

const nothing = { attempts: 0, nanoUsd: 0n, images: 0, inputTokens: 0, outputTokens: 0 };
