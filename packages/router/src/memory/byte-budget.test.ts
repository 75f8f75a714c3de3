import { ByteBudget } from "./byte-budget.js";
import type { MemoryLease } from "./memory-lease.js";

const settings = {
  totalBytes: 100,
  largestLeaseBytes: 30,
  stepBytes: 4,
  waitMs: 1000,
  maxWaiting: 1000,
};

class FullError extends Error {}

const { jest } = import.meta;
const timers = {
  advance: (milliseconds: number) => jest.advanceTimersByTime(milliseconds),
  get pending() {
    return jest.getTimerCount();
  },
};
beforeEach(() => void jest.useFakeTimers({ doNotFake: ["setImmediate"] }));
afterEach(() => void jest.useRealTimers());

function setUp(overrides: Partial<typeof settings> = {}) {
  return { budget: new ByteBudget({ ...settings, ...overrides }, () => new FullError()) };
}

/** Lets every promise that can settle do so. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What became of a promise, looked at without waiting for it. */
function watch<T>(promise: Promise<T>) {
  const watched: { state: "waiting" | "granted" | "refused"; value?: T; error?: unknown } = {
    state: "waiting",
  };
  promise.then(
    (value) => Object.assign(watched, { state: "granted", value }),
    (error: unknown) => Object.assign(watched, { state: "refused", error }),
  );
  return watched;
}

test("a budget that cannot hold the largest request is refused", () => {
  expect(() => setUp({ totalBytes: 29 })).toThrow(RangeError);
});

test("known lengths are taken whole and given back once", async () => {
  const { budget } = setUp();
  const lease = await budget.admit(30);
  expect(budget.usedBytes).toBe(30);
  lease.settle(30);
  expect(budget.usedBytes).toBe(30);
  lease.release();
  lease.release();
  lease.settle(1);
  expect(budget.usedBytes).toBe(0);
});

test("unknown lengths grow by steps up to the cap and keep what they used", async () => {
  const { budget } = setUp();
  const lease = await budget.admit(undefined);
  expect(lease.bytes).toBe(4);
  await lease.growTo(3);
  expect(lease.bytes).toBe(4);
  await lease.growTo(13);
  expect(lease.bytes).toBe(16);
  await lease.growTo(29);
  expect(lease.bytes).toBe(30);
  await expect(lease.growTo(31)).rejects.toThrow(RangeError);
  lease.settle(14);
  expect(budget.usedBytes).toBe(14);
  lease.release();
  expect(budget.usedBytes).toBe(0);
});

test("waiting uploads are served in their order, small ones behind large ones", async () => {
  const { budget } = setUp();
  const held = await Promise.all([budget.admit(30), budget.admit(30), budget.admit(30)]);
  const large = watch(budget.admit(30));
  const small = watch(budget.admit(1));
  await settled();
  expect([large.state, small.state, budget.waiting]).toEqual(["waiting", "waiting", 2]);
  held[0].release();
  await settled();
  expect([large.state, small.state, budget.usedBytes]).toEqual(["granted", "granted", 91]);
});

test("who waits too long is turned away, and those behind move up", async () => {
  const { budget } = setUp();
  await Promise.all([budget.admit(30), budget.admit(30), budget.admit(30)]);
  const large = watch(budget.admit(30));
  timers.advance(500);
  const small = watch(budget.admit(10));
  timers.advance(499);
  await settled();
  expect(large.state).toBe("waiting");
  timers.advance(1);
  await settled();
  expect(large.error).toBeInstanceOf(FullError);
  expect([small.state, budget.usedBytes, budget.waiting, timers.pending]).toEqual(["granted", 100, 0, 0]);
});

test("a queue that is full refuses at once", async () => {
  const { budget } = setUp({ maxWaiting: 1 });
  await Promise.all([budget.admit(30), budget.admit(30), budget.admit(30)]);
  const waiting = watch(budget.admit(30));
  await expect(budget.admit(30)).rejects.toThrow(FullError);
  expect(waiting.state).toBe("waiting");
});

test("an aborted upload leaves the queue without a trace", async () => {
  const { budget } = setUp();
  await Promise.all([budget.admit(30), budget.admit(30), budget.admit(30)]);
  const abort = new AbortController();
  const large = watch(budget.admit(30, abort.signal));
  const small = watch(budget.admit(10));
  abort.abort(new Error("gone"));
  await settled();
  expect(large).toMatchObject({ state: "refused", error: new Error("gone") });
  expect([small.state, budget.usedBytes, budget.waiting, timers.pending]).toEqual(["granted", 100, 0, 0]);
  await expect(budget.admit(1, abort.signal)).rejects.toThrow("gone");
});

test("others leave room for the oldest growing upload to reach the cap", async () => {
  const { budget } = setUp();
  const oldest = await budget.admit(undefined);
  const held = await Promise.all([budget.admit(30), budget.admit(30)]);
  expect(watch(budget.admit(11)).state).toBe("waiting");
  await oldest.growTo(30);
  await settled();
  expect([oldest.bytes, budget.usedBytes, budget.waiting]).toEqual([30, 90, 1]);
  held[0].release();
  await settled();
  expect([budget.usedBytes, budget.waiting]).toEqual([71, 0]);
});

test("the oldest growing upload passes the queue and is not turned away", async () => {
  const { budget } = setUp({ maxWaiting: 2 });
  const held = await Promise.all([budget.admit(30), budget.admit(30), budget.admit(30)]);
  const oldest = await budget.admit(undefined);
  await oldest.growTo(8);
  const other = watch(budget.admit(30));
  const growth = watch(oldest.growTo(13));
  timers.advance(10_000);
  await settled();
  expect([other.state, growth.state]).toEqual(["refused", "waiting"]);
  const later = watch(budget.admit(30));
  held[0].release();
  await settled();
  expect([growth.state, later.state, oldest.bytes]).toEqual(["granted", "waiting", 16]);
});

test("what needs no waiting is granted at once, known lengths and growth alike", () => {
  const { budget } = setUp();
  const known = budget.admitNow(30);
  const growing = budget.admitNow(undefined);
  expect([known?.bytes, growing?.bytes, budget.usedBytes]).toEqual([30, 4, 34]);
  expect([growing?.growNow(3), growing?.bytes]).toEqual([true, 4]);
  expect([growing?.growNow(13), growing?.bytes]).toEqual([true, 16]);
  expect(() => growing?.growNow(31)).toThrow(RangeError);
  growing?.settle(14);
  known?.release();
  growing?.release();
  expect([budget.usedBytes, budget.waiting, timers.pending]).toEqual([0, 0, 0]);
});

test("at once nothing is taken beyond the budget, from the reserve, or past those who wait", async () => {
  const { budget } = setUp();
  const oldest = budget.admitNow(undefined);
  const younger = budget.admitNow(undefined);
  const held = [budget.admitNow(30), budget.admitNow(30)];
  // The oldest may still grow by 26.
  expect([budget.admitNow(7), younger?.growNow(12), budget.usedBytes]).toEqual([undefined, false, 68]);
  expect(younger?.growNow(8)).toBe(true);
  const waiting = watch(budget.admit(30));
  expect([budget.admitNow(1), younger?.growNow(9), younger?.bytes]).toEqual([undefined, false, 8]);
  expect([oldest?.growNow(28), budget.usedBytes, budget.waiting]).toEqual([true, 96, 1]);
  expect(oldest?.growNow(29)).toBe(true);
  held[0]?.release();
  await settled();
  expect([waiting.state, budget.usedBytes]).toEqual(["granted", 98]);
});

test("500 chunked uploads at once all come through, within the budget", async () => {
  const { budget } = setUp();
  let most = 0;
  const upload = async (size: number) => {
    const lease: MemoryLease = await budget.admit(undefined);
    for (let received = 1; received <= size; received += 1) {
      await lease.growTo(received);
      most = Math.max(most, budget.usedBytes);
    }
    lease.settle(size);
    await settled();
    lease.release();
  };
  await Promise.all(Array.from({ length: 500 }, (_, index) => upload(1 + ((index * 7) % 30))));
  expect(most).toBeGreaterThan(70);
  expect(most).toBeLessThanOrEqual(100);
  expect([budget.usedBytes, budget.waiting, timers.pending]).toEqual([0, 0, 0]);
});

test("whatever comes in whatever order, the sum of the leases is what is used and fits", async () => {
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const { budget } = setUp({ waitMs: 10 });
  const leases: { lease: MemoryLease; size: number; busy: boolean; abort: AbortController }[] = [];
  for (let step = 0; step < 5000; step += 1) {
    const abort = new AbortController();
    const chosen = leases[random(leases.length)];
    const action = random(7);
    if (action === 0) {
      budget.admit(random(2) ? undefined : random(31), abort.signal).then(
        (lease) => leases.push({ lease, size: 0, busy: false, abort }),
        () => {},
      );
    } else if (action === 1 && chosen && !chosen.busy) {
      chosen.busy = true;
      const done = () => {
        chosen.busy = false;
      };
      chosen.lease.growTo(Math.min(30, chosen.lease.bytes + random(9)), chosen.abort.signal).then(done, done);
    } else if (action === 2 && chosen) {
      chosen.abort.abort();
      chosen.lease.release();
      leases.splice(leases.indexOf(chosen), 1);
    } else if (action === 4) {
      const lease = budget.admitNow(random(2) ? undefined : random(31));
      if (lease !== undefined) leases.push({ lease, size: 0, busy: false, abort });
    } else if (action === 5 && chosen && !chosen.busy) {
      chosen.lease.growNow(Math.min(30, chosen.lease.bytes + random(9)));
    } else if (action === 3) {
      timers.advance(random(4));
    }
    await Promise.resolve();
    if (step % 7 === 0) await settled();
    expect(budget.usedBytes).toBeLessThanOrEqual(100);
  }
  await settled();
  expect(budget.usedBytes).toBe(leases.reduce((sum, { lease }) => sum + lease.bytes, 0));
  for (; leases.length > 0; await settled()) {
    for (const { lease, abort } of leases.splice(0)) {
      abort.abort();
      lease.release();
    }
  }
  expect([budget.usedBytes, budget.waiting, timers.pending]).toEqual([0, 0, 0]);
});
