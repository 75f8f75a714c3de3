import fc from "fast-check";
import { RetryBudget } from "./retry-budget.js";

test("of a hundred requests in a minute ten are retried, and the minimum besides", () => {
  const budget = new RetryBudget({ percent: 10, perMinute: 3 }, () => 0);
  for (let request = 0; request < 100; request += 1) budget.countRequest();
  const taken = Array.from({ length: 20 }, () => budget.take());
  expect(taken.filter(Boolean)).toHaveLength(13);
});

test("without any traffic it gives its minimum, and again a minute later", () => {
  let nowMs = 0;
  const budget = new RetryBudget({ percent: 10, perMinute: 2 }, () => nowMs);
  expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
  nowMs = 54_000;
  expect(budget.take()).toBe(false);
  nowMs = 60_000;
  expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
});

test("a retry that was not made may be made by another", () => {
  const budget = new RetryBudget({ percent: 0, perMinute: 1 }, () => 0);
  expect(budget.take()).toBe(true);
  budget.giveBack();
  expect([budget.take(), budget.take()]).toEqual([true, false]);
});

test("no retry is one too many for the requests of its minute, however both come", () => {
  const event = fc.record({ afterMs: fc.nat(20_000), requests: fc.nat(30), retries: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40, size: "max" }), (events) => {
      let nowMs = 0;
      const budget = new RetryBudget({ percent: 10, perMinute: 5 }, () => nowMs);
      const requests: number[] = [];
      const retries: number[] = [];
      const since = (times: readonly number[], ms: number): number =>
        times.filter((at) => at > nowMs - ms).length;
      for (const { afterMs, requests: more, retries: wanted } of events) {
        nowMs += afterMs;
        for (let count = 0; count < more; count += 1) {
          budget.countRequest();
          requests.push(nowMs);
        }
        for (let count = 0; count < wanted && budget.take(); count += 1) {
          retries.push(nowMs);
          // What is counted of the last minute is 55 to 60 s of it.
          expect(since(retries, 55_000)).toBeLessThanOrEqual(5 + since(requests, 60_000) / 10);
        }
      }
    }),
  );
});
