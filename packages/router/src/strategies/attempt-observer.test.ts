import type { AttemptOutcome } from "../attempt.js";
import type { Failure } from "../retries/failure.js";
import { type AttemptEnd, type ObservedAttempt, observed } from "./attempt-observer.js";
import { AttemptsInFlight } from "./attempts-in-flight.js";
import { deployment, edit } from "./strategies.test.support.js";

const attempt: ObservedAttempt = { deployment: deployment("a"), edit: edit() };

function outcome(failure?: Failure): AttemptOutcome {
  const report = {
    attemptId: undefined,
    deployment: attempt.deployment,
    durationMs: 1500,
    succeeded: failure === undefined,
    status: undefined,
    reason: failure?.reason,
    upstreamRequestId: undefined,
    dropped: [],
  };
  return { report, failure, headers: undefined, released: failure === undefined };
}

function answered(status: number): Failure {
  const head = { status, headers: {} };
  return { kind: "answer", head, body: [], error: undefined, bodySent: true, reason: String(status) };
}

test.each<[string, Failure | undefined, AttemptEnd["outcome"]]>([
  ["an answer", undefined, "succeeded"],
  ["a 500", answered(500), "failed"],
  ["a key that is refused", answered(401), "failed"],
  ["a reset", { kind: "connection", reason: "connection reset" }, "failed"],
  ["a timeout", { kind: "timeout", timeoutMs: 1500, bodySent: true, reason: "timeout" }, "failed"],
  ["a request that is at fault", answered(400), "refused"],
  ["a client that is gone", { kind: "client gone", bodySent: true, reason: "client gone" }, "refused"],
])("%s is told with its length", async (_, failure, expected) => {
  const told: unknown[] = [];
  const observer = {
    begun: (begun: ObservedAttempt) => told.push(["begun", begun]),
    ended: (ended: ObservedAttempt, end: AttemptEnd) => told.push(["ended", ended, end]),
  };
  const made = outcome(failure);
  expect(await observed(observer, attempt, () => Promise.resolve(made))).toBe(made);
  expect(told).toEqual([
    ["begun", attempt],
    ["ended", attempt, { durationMs: 1500, outcome: expected }],
  ]);
});

test("an attempt that throws has ended too", async () => {
  const inFlight = new AttemptsInFlight();
  const call = observed(inFlight, attempt, () => Promise.reject(new Error("a fault of ours")));
  expect(inFlight.of("a")).toBe(1);
  await expect(call).rejects.toThrow("a fault of ours");
  expect(inFlight.of("a")).toBe(0);
});
