import type { KeyedAttempt } from "@darkroom/accounts";
import { type RequestCharge, sumOfCharges } from "./attempt-charges.js";

/** An edit that is paid, or may be. */
export interface PaidEdit extends RequestCharge {
  readonly requestId: string;
  /** Of its request, as `fingerprintOf` makes it. */
  readonly fingerprint: string;
}

/** The edits that were made before this process was started, by the key of `keyOfCaller`. */
export interface EarlierEdits {
  find(key: string): PaidEdit | undefined;
}

/** A key holds for ten minutes from the end of its edit on. */
export const keptMs = 10 * 60_000;

interface TimedEdit {
  readonly edit: PaidEdit;
  /** When its last attempt ended. */
  readonly atMs: number;
}

/**
 * What the ledger knows of keys. A request whose attempts have all failed is not there: sent again it is a new one.
 *
 * @param attempts of the last ten minutes, in any order
 * @param nowMs milliseconds since 1970
 */
export function earlierEdits(
  attempts: Iterable<KeyedAttempt>,
  nowMs: () => number = () => Date.now(),
): EarlierEdits {
  const byKey = new Map<string, TimedEdit>();
  for (const [key, edit] of paidEdits(attempts)) {
    // Of two requests with one key the later one counts.
    if ((byKey.get(key)?.atMs ?? 0) <= edit.atMs) byKey.set(key, edit);
  }
  return {
    find(key) {
      const found = byKey.get(key);
      if (found === undefined || nowMs() - found.atMs < keptMs) return found?.edit;
      byKey.delete(key);
      return undefined;
    },
  };
}

function* paidEdits(attempts: Iterable<KeyedAttempt>): Generator<[key: string, edit: TimedEdit]> {
  const byRequest = new Map<string, [KeyedAttempt, ...KeyedAttempt[]]>();
  for (const attempt of attempts) {
    const known = byRequest.get(attempt.requestId);
    if (known === undefined) byRequest.set(attempt.requestId, [attempt]);
    else known.push(attempt);
  }
  for (const [requestId, all] of byRequest) {
    const charge = sumOfCharges(all);
    const { key, fingerprint } = all[0].idempotency;
    const atMs = all.reduce((latest, { atMs: each }) => Math.max(latest, each), 0);
    if (charge !== undefined) yield [key, { edit: { requestId, fingerprint, ...charge }, atMs }];
  }
}
