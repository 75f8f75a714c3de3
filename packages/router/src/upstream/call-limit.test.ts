import { Stop } from "../retries/stop.js";
import { CallLimit } from "./call-limit.js";

const failure = { kind: "timeout", timeoutMs: 1, bodySent: false, reason: "timeout" } as const;

test("lets in as many as it says, and those who wait one by one in their order", async () => {
  const limit = new CallLimit(2);
  expect([limit.enterNow(), limit.enterNow(), limit.enterNow()]).toEqual([true, true, false]);
  const entered: number[] = [];
  const waiting = [1, 2, 3].map((number) => limit.enter(new Stop()).then(() => entered.push(number)));
  limit.leave();
  await waiting[0];
  expect(entered).toEqual([1]);
  // The place that was given back is taken: nobody passes those who wait.
  expect(limit.enterNow()).toBe(false);
  limit.leave();
  limit.leave();
  await Promise.all(waiting);
  expect(entered).toEqual([1, 2, 3]);
  limit.leave();
  expect([limit.enterNow(), limit.enterNow()]).toEqual([true, false]);
});

test("who is stopped while waiting takes no place", async () => {
  const limit = new CallLimit(1);
  limit.enterNow();
  const stop = new Stop();
  const stopped = limit.enter(stop);
  const other = limit.enter(new Stop());
  stop.now(failure);
  await expect(stopped).rejects.toBe(failure);
  limit.leave();
  await other;
  const late = new Stop();
  late.now(failure);
  await expect(limit.enter(late)).rejects.toBe(failure);
  limit.leave();
  expect(limit.enterNow()).toBe(true);
  // Once inside, a stop is the call's own business.
  stop.now(failure);
  expect(limit.enterNow()).toBe(false);
});
