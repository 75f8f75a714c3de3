import type { KeyedAttempt } from "@darkroom/accounts";
import { earlierEdits } from "./earlier-edits.js";

const minuteMs = 60_000;
let nowMs: number;
beforeEach(() => {
  nowMs = 100 * minuteMs;
});

function attempt(changes: Partial<KeyedAttempt> = {}): KeyedAttempt {
  return {
    requestId: "req_1",
    idempotency: { key: "key", fingerprint: "fingerprint" },
    atMs: nowMs - minuteMs,
    state: "certain",
    costNanoUsd: 12_945_000n,
    ...changes,
  };
}

function found(...attempts: readonly KeyedAttempt[]): unknown {
  return earlierEdits(attempts, () => nowMs).find("key");
}

const paid = { requestId: "req_1", fingerprint: "fingerprint", costNanoUsd: 12_945_000n, state: "certain" };

it("finds what was paid, by its key", () => {
  expect(found(attempt())).toEqual(paid);
  expect(found(attempt({ idempotency: { key: "other", fingerprint: "fingerprint" } }))).toBeUndefined();
});

it("does not know requests that nobody charged", () => {
  expect(found(attempt({ state: "failed", costNanoUsd: 0n }))).toBeUndefined();
});

it("sums up the attempts of a request, which is uncertain as soon as one of them is", () => {
  const uncertain = attempt({ state: "uncertain", costNanoUsd: 50_000_000n });
  const failed = attempt({ state: "failed", costNanoUsd: 0n });
  const expected = { ...paid, state: "uncertain", costNanoUsd: 62_945_000n };
  expect(found(uncertain, failed, attempt())).toEqual(expected);
  expect(found(attempt(), uncertain)).toEqual(expected);
});

it("knows the later one of two requests, whichever comes first", () => {
  const later = attempt({ requestId: "req_2", atMs: nowMs });
  expect(found(attempt(), later)).toMatchObject({ requestId: "req_2", costNanoUsd: 12_945_000n });
  expect(found(later, attempt())).toMatchObject({ requestId: "req_2", costNanoUsd: 12_945_000n });
});

it("forgets ten minutes after the last attempt has ended", () => {
  const edits = earlierEdits([attempt({ atMs: nowMs }), attempt({ atMs: nowMs - minuteMs })], () => nowMs);
  nowMs += 10 * minuteMs - 1;
  expect(edits.find("key")).toBeDefined();
  nowMs += 1;
  expect(edits.find("key")).toBeUndefined();
});
