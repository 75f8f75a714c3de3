import { once } from "node:events";
import { type Client, Deadline } from "./deadline.js";
import type { Stop } from "./stop.js";

const stays: Client = { isGone: false, whenGone: () => undefined };
const untilStopped = async (stop: Stop): Promise<unknown> => {
  await once(stop.signal, "abort");
  return stop.signal.reason;
};

test("once its timer has rung it has passed, though the clock lags behind", async () => {
  const deadline = new Deadline(20, stays, () => 0);
  expect(deadline.failure).toBeUndefined();
  const timeout = { kind: "timeout", timeoutMs: 20, bodySent: false, reason: "timeout after 0.02 s" };
  expect(await deadline.run(undefined, untilStopped)).toEqual(timeout);
  expect(deadline.remainingMs).toBe(0);
  expect(deadline.failure).toEqual(timeout);
});

test("an attempt's own timeout leaves the request its time", async () => {
  const deadline = new Deadline(10_000, stays, () => 0);
  expect(await deadline.run(20, untilStopped)).toEqual({
    kind: "timeout",
    timeoutMs: 20,
    bodySent: false,
    reason: "timeout after 0.02 s",
  });
  expect(deadline.remainingMs).toBe(10_000);
  expect(deadline.failure).toBeUndefined();
});

test("what waits for its call to begin ends when its client is gone, and nothing begins afterwards", async () => {
  const leaving: (() => void)[] = [];
  const client = { isGone: false, whenGone: (callback: () => void) => void leaving.push(callback) };
  const deadline = new Deadline(600_000, client, () => 0);
  const waiting = deadline.run(undefined, untilStopped);
  client.isGone = true;
  for (const leave of leaving) leave();
  const gone = { kind: "client gone", bodySent: false, reason: "the client is gone" };
  expect(await waiting).toEqual(gone);
  expect(await deadline.run(undefined, (stop) => Promise.resolve(stop.failure))).toEqual(gone);
});

test("a call whose client is gone is read on for a minute, and no longer", async () => {
  const { jest } = import.meta;
  jest.useFakeTimers();
  try {
    const leaving: (() => void)[] = [];
    const client = { isGone: false, whenGone: (callback: () => void) => void leaving.push(callback) };
    const deadline = new Deadline(600_000, client, () => 0);
    let isStopped = false;
    const calling = (stop: Stop): Promise<unknown> => {
      stop.isUnderWay = true;
      return untilStopped(stop).finally(() => (isStopped = true));
    };
    const running = deadline.run(undefined, calling);
    client.isGone = true;
    for (const leave of leaving) leave();
    expect(deadline.failure).toMatchObject({ kind: "client gone" });
    await jest.advanceTimersByTimeAsync(59_999);
    expect(isStopped).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await running).toMatchObject({ kind: "client gone" });
  } finally {
    jest.useRealTimers();
  }
});
