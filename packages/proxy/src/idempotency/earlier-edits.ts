import type { KeyedAttempt } from "@darkroom/accounts";

/** An edit that is paid, or may be. */
export interface PaidEdit {
  readonly requestId: string;
  /** Of its request, as `fingerprintOf` makes it. */
  readonly fingerprint: string;
  /** Null where it is not known. */
  readonly costNanoUsd: bigint | null;
  /** `uncertain`: it may have been charged, and no more than that. */
  readonly state: "certain" | "uncertain";
}

/** The edits that were made before this process was started, by the key of `keyOfCaller`. */
export interface EarlierEdits {
  find(key: string): PaidEdit | undefined;
}

/** A key holds for ten minutes from the end of its edit on. */
export const keptMs = 10 * 60_000;

interface TimedEdit {
  readonly edit: PaidEdit;
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
  for (const attempt of attempts) {
    if (attempt.state === "failed") continue;
    const { key } = attempt.idempotency;
    byKey.set(key, joined(byKey.get(key), attempt, attempt.state));
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

/** The attempts of one request cost what they cost together; of two requests the later one counts. */
function joined(
  earlier: TimedEdit | undefined,
  { requestId, idempotency: { fingerprint }, atMs, costNanoUsd }: KeyedAttempt,
  state: PaidEdit["state"],
): TimedEdit {
  const own = { edit: { requestId, fingerprint, costNanoUsd, state }, atMs };
  if (earlier === undefined) return own;
  if (earlier.edit.requestId !== requestId) return earlier.atMs > atMs ? earlier : own;
  const { edit } = earlier;
  return {
    edit: {
      requestId,
      fingerprint,
      costNanoUsd: edit.costNanoUsd === null || costNanoUsd === null ? null : edit.costNanoUsd + costNanoUsd,
      state: edit.state === "certain" ? state : "uncertain",
    },
    atMs: Math.max(earlier.atMs, atMs),
  };
}
