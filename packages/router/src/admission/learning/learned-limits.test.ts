import { LatestUse } from "../latest-use.js";
import type { Meter } from "../meter.js";
import { LearnedLimits, type LimitDiffers, type NotedAnswer } from "./learned-limits.js";

const minute = { kind: "rolling", ms: 60_000 } as const;
const images: Meter = { key: "images", window: minute, limit: 100n };
const requests: Meter = { key: "requests", window: minute, limit: 50n };
const calls: Meter = { key: "calls", window: { kind: "lease" }, limit: 2n };
const meters = [
  { dimension: "requests", meter: requests },
  { dimension: "images", meter: images },
  { dimension: "calls", meter: calls },
] as const;

let nowMs: number;
let use: LatestUse;
let constraints: [key: string, limit: bigint, forMs: number][];
let differences: LimitDiffers[];
let isReachable: boolean;
let learned: LearnedLimits;
beforeEach(() => {
  nowMs = 1_000_000;
  use = new LatestUse(new Set(["images", "requests", "calls"]), () => nowMs);
  constraints = [];
  differences = [];
  isReachable = true;
  const admission = {
    constrain: (meter: Meter, limit: bigint, forMs: number) => {
      constraints.push([meter.key, limit, forMs]);
      return isReachable ? Promise.resolve() : Promise.reject(new Error("not reachable"));
    },
  };
  learned = new LearnedLimits(
    admission,
    use,
    () => nowMs,
    (difference) => differences.push(difference),
  );
});

/** An answer to an attempt that was admitted with so many images taken, its own included. */
function note(used: number, headers: Record<string, string>, more: Partial<NotedAnswer> = {}): void {
  const admitted = [{ meter: images, used: BigInt(used), reserved: 0n, limit: 100n }];
  learned.note({ quota: "org", meters, admitted, startedAtMs: nowMs, headers, ...more });
}

/** What an answer says of images. */
function told(limit: number, remaining: number, reset = "60s"): Record<string, string> {
  return {
    "x-ratelimit-limit-images": String(limit),
    "x-ratelimit-remaining-images": String(remaining),
    "x-ratelimit-reset-images": reset,
  };
}

const refusedFor = (error: unknown): Partial<NotedAnswer> => ({ rateLimited: { error } });

describe("room", () => {
  test("what somebody else uses is not ours, nor is a little that is left to them", () => {
    note(40, told(100, 30));
    expect(constraints).toEqual([["images", 65n, 60_000]]);
  });

  test.each([
    ["as much as we see", 60],
    ["more than we see", 90],
    ["a little less, as after a call that was counted sooner", 56],
  ])("%s is no news", (_, remaining) => {
    note(40, told(100, remaining));
    expect(constraints).toEqual([]);
  });

  test("what was admitted since the attempt began may be counted already", () => {
    const startedAtMs = nowMs;
    nowMs += 20_000;
    use.note([{ meter: images, used: 90n, reserved: 0n, limit: 100n }]);
    note(40, told(100, 10), { startedAtMs });
    expect(constraints).toEqual([]);
    nowMs += 1;
    note(91, told(100, 0));
    expect(constraints).toEqual([["images", 86n, 60_000]]);
  });

  test("an answer to an older attempt is no news", () => {
    note(40, told(100, 60));
    note(10, told(100, 5), { startedAtMs: nowMs - 1 });
    expect(constraints).toEqual([]);
  });

  test("holds no longer than until the upstream's limit is whole", () => {
    note(40, told(100, 30, "2s"));
    expect(constraints).toEqual([["images", 65n, 2_000]]);
    nowMs += 1;
    note(0, told(100, 10, "0s"));
    expect(constraints).toHaveLength(1);
  });

  test("the same is told again once half of its time is over, what is tighter at once", () => {
    note(40, told(100, 30));
    nowMs += 29_000;
    note(40, told(100, 30));
    expect(constraints).toHaveLength(1);
    note(40, told(100, 20));
    expect(constraints.at(-1)).toEqual(["images", 55n, 60_000]);
    nowMs += 31_000;
    note(40, told(100, 20));
    expect(constraints).toHaveLength(3);
  });

  test("of a limit that is higher than ours all of ours may be left", () => {
    note(40, told(1000, 500));
    expect(constraints).toEqual([]);
  });
});

describe("another limit", () => {
  test("a lower one holds, and is told once", () => {
    note(1, told(20, 19));
    note(2, told(20, 18));
    expect(constraints).toEqual([["images", 20n, 600_000]]);
    expect(differences).toEqual([{ quota: "org", dimension: "images", configured: 100n, told: 20n }]);
  });

  test("a higher one is a hint only, told once", () => {
    note(1, told(250, 249));
    note(1, told(300, 249));
    expect(constraints).toEqual([]);
    expect(differences).toEqual([{ quota: "org", dimension: "images", configured: 100n, told: 250n }]);
  });
});

describe("a refusal", () => {
  test("lowers the limit that it is about", () => {
    note(50, {}, refusedFor({ type: "requests" }));
    expect(constraints).toEqual([
      ["requests", 0n, 60_000],
      ["requests", 40n, 60_000],
    ]);
  });

  test("says for how long nothing more fits", () => {
    note(50, { "retry-after": "7" }, refusedFor({ type: "images" }));
    expect(constraints).toEqual([
      ["images", 45n, 7_000],
      ["images", 80n, 60_000],
    ]);
  });

  test.each([
    ["where nothing tells which", { code: "slow_down" }],
    ["where what is to blame has no meter", { type: "input-images" }],
  ])("lowers all limits %s, and none below 1", (_, error) => {
    note(50, {}, refusedFor(error));
    expect(constraints).toEqual([
      ["requests", 40n, 60_000],
      ["images", 80n, 60_000],
      ["calls", 1n, 60_000],
    ]);
  });

  test("counts once for all attempts that were under way, and again for one that began later", () => {
    const startedAtMs = nowMs;
    nowMs += 500;
    for (let count = 0; count < 5; count += 1) {
      note(100, {}, { ...refusedFor({ code: "slow_down" }), startedAtMs });
    }
    expect(constraints.filter(([key]) => key === "images")).toEqual([["images", 80n, 60_000]]);
    nowMs += 1_000;
    note(100, {}, refusedFor({ code: "slow_down" }));
    expect(constraints.at(-1)).toEqual(["images", 64n, 60_000]);
  });

  test("every clean minute gives 5 % back, until nothing is held", () => {
    note(100, {}, refusedFor({ code: "slow_down" }));
    const limits: bigint[] = [];
    for (let minutes = 1; minutes <= 5; minutes += 1) {
      nowMs += 60_000;
      constraints = [];
      note(0, {});
      limits.push(...constraints.filter(([key]) => key === "images").map(([, limit]) => limit));
    }
    expect(limits).toEqual([85n, 90n, 95n]);
  });

  test("however many there are, a tenth is left", () => {
    for (let count = 0; count < 40; count += 1) {
      nowMs += 1_000;
      note(100, {}, refusedFor({ code: "slow_down" }));
    }
    const lowest = constraints.filter(([key]) => key === "images").map(([, limit]) => limit);
    expect(lowest.at(-1)).toBe(10n);
  });
});

test("what has no meter is not learned", () => {
  const headers = { ...told(5, 0), "x-ratelimit-remaining-tokens": "0" };
  learned.note({
    quota: "org",
    meters: [],
    admitted: [],
    startedAtMs: nowMs,
    headers,
    rateLimited: { error: undefined },
  });
  expect(constraints).toEqual([]);
});

test("what could not be told is told again with the next answer", async () => {
  isReachable = false;
  note(40, told(100, 30));
  await new Promise(setImmediate);
  isReachable = true;
  note(40, told(100, 30));
  note(40, told(100, 30));
  expect(constraints).toHaveLength(2);
});
