import { once } from "node:events";
import { type Client, Deadline } from "./deadline.js";
import type { Stop } from "./stop.js";

const { jest } = import.meta;
afterEach(() => jest.useRealTimers());

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

describe("a client that is gone", () => {
  /** A client whose place another may take. */
  class Replaceable implements Client {
    isGone = false;
    #tell: () => void = () => undefined;

    whenGone(callback: () => void): void {
      this.#tell = callback;
    }

    leave(): void {
      this.isGone = true;
      this.#tell();
    }
  }

  async function running() {
    jest.useFakeTimers();
    const client = new Replaceable();
    const deadline = new Deadline(600_000, client, () => 0);
    let end: unknown;
    const calling = (stop: Stop): Promise<unknown> => {
      stop.isUnderWay = true;
      return untilStopped(stop);
    };
    void deadline.run(undefined, calling).then((reason) => {
      end = reason;
    });
    const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);
    return { client, pass, isStopped: () => end !== undefined };
  }

  test("has its call read for a minute", async () => {
    const { client, pass, isStopped } = await running();
    client.leave();
    await pass(59_999);
    expect(isStopped()).toBe(false);
    await pass(1);
    expect(isStopped()).toBe(true);
  });

  test("and there again keeps its call running, until a minute after it leaves again", async () => {
    const { client, pass, isStopped } = await running();
    client.leave();
    await pass(30_000);
    client.isGone = false;
    await pass(60_000);
    expect(isStopped()).toBe(false);
    client.leave();
    await pass(59_999);
    expect(isStopped()).toBe(false);
    await pass(1);
    expect(isStopped()).toBe(true);
  });

  test("that comes and goes within the minute gets a whole one anew", async () => {
    const { client, pass, isStopped } = await running();
    client.leave();
    await pass(30_000);
    client.leave();
    await pass(59_999);
    expect(isStopped()).toBe(false);
    await pass(1);
    expect(isStopped()).toBe(true);
  });
});
