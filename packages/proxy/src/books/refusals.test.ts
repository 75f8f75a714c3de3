import type { RefusalsRecord, RequestRecord } from "@darkroom/accounts";
import { ManualTimers } from "../upload/manual-timers.test.support.js";
import { RefusedRequests } from "./refusals.js";

let rows: RequestRecord[];
let folded: RefusalsRecord[];
let timers: ManualTimers;
let refused: RefusedRequests;
beforeEach(() => {
  rows = [];
  folded = [];
  timers = new ManualTimers();
  const note = (kind: string, record: RequestRecord | RefusalsRecord): void => {
    if (kind === "request") rows.push(record as RequestRecord);
    else folded.push(structuredClone(record) as RefusalsRecord);
  };
  refused = new RefusedRequests({ note }, timers);
});

function request(number: number, more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: `req_${String(number)}`,
    startedAtMs: number,
    endedAtMs: number,
    caller: "key-one",
    route: "/v1/images/edits",
    requestedModel: "",
    status: 413,
    attempts: 0,
    retries: 0,
    fallbacks: 0,
    waitedMs: 0,
    upstreamMs: 0,
    requestBytes: 0,
    answerBytes: 0,
    images: 0,
    costNanoUsd: 0n,
    error: "too_large",
    ...more,
  };
}

const kind = { caller: "key-one", route: "/v1/images/edits", status: 413, code: "too_large" };

test("ten in a second have rows of their own, the others are counted", () => {
  for (let number = 1; number <= 25; number += 1) refused.note(request(number));
  expect(rows.map(({ requestId }) => requestId)).toEqual(
    Array.from({ length: 10 }, (_, at) => `req_${String(at + 1)}`),
  );
  expect(folded).toEqual([]);
  timers.advance(1_000);
  expect(folded).toEqual([{ ...kind, count: 15, fromMs: 11, toMs: 25 }]);
});

test("the next second has rows again, and an idle one no timer", () => {
  for (let number = 1; number <= 11; number += 1) refused.note(request(number));
  timers.advance(1_000);
  refused.note(request(12));
  expect(rows).toHaveLength(11);
  timers.advance(1_000);
  expect(folded).toHaveLength(1);
});

test("callers, routes, statuses and codes are counted apart", () => {
  for (let number = 1; number <= 10; number += 1) refused.note(request(number));
  const kinds = [{}, { caller: "key-two" }, { route: "/images/edits" }, { status: 400 }, { error: "other" }];
  for (const more of [...kinds, {}]) refused.note(request(20, more));
  refused.flush();
  expect(folded).toEqual([
    { ...kind, count: 2, fromMs: 20, toMs: 20 },
    { ...kind, caller: "key-two", count: 1, fromMs: 20, toMs: 20 },
    { ...kind, route: "/images/edits", count: 1, fromMs: 20, toMs: 20 },
    { ...kind, status: 400, count: 1, fromMs: 20, toMs: 20 },
    { ...kind, code: "other", count: 1, fromMs: 20, toMs: 20 },
  ]);
});

test("callers without number are not told apart for ever", () => {
  for (let number = 1; number <= 5_000; number += 1)
    refused.note(request(number, { caller: `key-${String(number)}` }));
  refused.flush();
  expect(folded).toHaveLength(1_001);
  expect(folded.reduce((sum, { count }) => sum + count, 0)).toBe(4_990);
  expect(folded.at(-1)).toMatchObject({ caller: "others", count: 3_990 });
});

test("what is counted is written when the gateway ends", () => {
  for (let number = 1; number <= 11; number += 1) refused.note(request(number));
  refused.flush();
  expect(folded).toHaveLength(1);
  timers.advance(10_000);
  expect(folded).toHaveLength(1);
});
