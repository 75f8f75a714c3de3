import { deployment } from "../body/deployment.test.support.js";
import type { EditRequest } from "../request.js";
import { Stop } from "../retries/stop.js";
import { edit } from "../strategies/strategies.test.support.js";
import { AttemptEntry } from "./attempt-entry.js";
import type { EndedAttempt } from "./charge.js";
import { ObservedJournal } from "./observed-journal.test.support.js";

const { jest } = import.meta;

const failure = { kind: "timeout", timeoutMs: 1, bodySent: false, reason: "timeout" } as const;
const report = {
  attemptId: undefined,
  deployment,
  durationMs: 1,
  succeeded: false,
  status: undefined,
  reason: "timeout",
  upstreamRequestId: undefined,
  dropped: [],
};
const ended: EndedAttempt = { facts: [], cost: null, failure, report };

function entryIn(journal: ObservedJournal): AttemptEntry {
  const request = { id: "req", model: "edits", ...edit() } as EditRequest;
  const settings = { journal, serverErrorsUnbilled: false, epochMs: () => 1_000 };
  const attempt = {
    attemptId: "attempt",
    request,
    group: "edits",
    deployment,
    retry: 1,
    fallback: 2,
    paidFrom: [],
  };
  return new AttemptEntry(settings, attempt);
}

/** Something that is waited for, and the way to end the waiting. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

afterEach(() => {
  jest.useRealTimers();
});

test("an attempt is written with where it goes, when, and what it may cost", async () => {
  const journal = new ObservedJournal();
  const entry = entryIn(journal);
  expect(entry.attemptId).toBeUndefined();
  await entry.write(new Stop());
  expect(journal.intents).toMatchObject([
    { attemptId: entry.attemptId, atMs: 1_000, group: "edits", deployment, retry: 1, fallback: 2 },
  ]);
  expect(journal.intents[0]?.estimate?.nanoUsd).toBeGreaterThan(0n);
  expect(entry.attemptId).toBe("attempt");
});

test("an attempt that never was to be sent has no outcome", async () => {
  const journal = new ObservedJournal();
  expect(entryIn(journal).conclude(ended)).toBeUndefined();
  expect(journal.outcomes).toEqual([]);
});

test("whoever is stopped while the intent is written does not wait for it, and its outcome comes after it", async () => {
  const journal = new ObservedJournal();
  const writing = gate();
  journal.beforeIntent = () => writing.passed;
  const entry = entryIn(journal);
  const stop = new Stop();
  const written = entry.write(stop);
  stop.now(failure);
  await expect(written).rejects.toEqual(failure);
  const concluded = entry.conclude(ended)?.written;
  expect(journal.story).toEqual([]);
  writing.open();
  await concluded;
  expect(journal.story).toEqual(["intent written", "outcome written"]);
  expect(journal.outcomes).toMatchObject([{ state: "failed", nanoUsd: 0n, errorClass: "TimeoutError" }]);
});

test("an intent that could not be written has no outcome", async () => {
  const journal = new ObservedJournal();
  journal.beforeIntent = () => Promise.reject(new Error("disk full"));
  const entry = entryIn(journal);
  await expect(entry.write(new Stop())).rejects.toMatchObject({ status: 503, code: "journal_unavailable" });
  await entry.conclude(ended)?.written;
  expect(journal.outcomes).toEqual([]);
});

test("an outcome that cannot be written is no error", async () => {
  const journal = new ObservedJournal();
  journal.beforeOutcome = () => Promise.reject(new Error("disk full"));
  const entry = entryIn(journal);
  await entry.write(new Stop());
  await entry.conclude(ended)?.written;
  expect(journal.outcomes).toEqual([]);
});

test("an outcome that takes longer than ten seconds is not waited for, and is written all the same", async () => {
  jest.useFakeTimers();
  const journal = new ObservedJournal();
  const writing = gate();
  journal.beforeOutcome = () => writing.passed;
  const entry = entryIn(journal);
  await entry.write(new Stop());
  let isOver = false;
  const concluded = entry.conclude(ended)?.written.then(() => {
    isOver = true;
  });
  await jest.advanceTimersByTimeAsync(9_999);
  expect(isOver).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  await concluded;
  writing.open();
  await jest.advanceTimersByTimeAsync(0);
  expect(journal.story).toEqual(["intent written", "outcome written"]);
  expect(jest.getTimerCount()).toBe(0);
});

test("the tokens of all images of a stream are counted together", async () => {
  const journal = new ObservedJournal();
  const entry = entryIn(journal);
  await entry.write(new Stop());
  const usage = {
    total_tokens: 30,
    input_tokens: 20,
    output_tokens: 10,
    input_tokens_details: { text_tokens: 5, image_tokens: 15 },
  };
  const facts = { usage, size: "1024x1024", quality: "low", images: 1, error: undefined };
  await entry.conclude({ ...ended, facts: [facts, facts] })?.written;
  expect(journal.outcomes).toMatchObject([
    {
      images: 2,
      size: "1024x1024",
      quality: "low",
      tokens: { textInput: 10, imageInput: 30, imageOutput: 20 },
    },
  ]);
});
