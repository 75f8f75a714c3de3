import type { Deployment } from "../deployments/deployment.js";
import type { AttemptEnd } from "./attempt-observer.js";
import { LatencyBased, type LatencyOptions } from "./latency-based.js";
import {
  chiSquare,
  chiSquareLimit,
  deployment,
  edit,
  firstPicks,
  seeded,
} from "./strategies.test.support.js";

const [fast, slow, other] = [deployment("fast"), deployment("slow"), deployment("other")];
const small = edit({ size: "1024x1024", quality: "low" });
const large = edit({ size: "1536x1024", quality: "high", n: 4 });

let nowMs: number;
let strategy: LatencyBased;
beforeEach(() => {
  nowMs = 1_000_000;
  strategy = made();
});

function made(options: LatencyOptions = {}): LatencyBased {
  return new LatencyBased(seeded(7), () => nowMs, options);
}

/** One attempt from its begin to its end; time goes on by what it takes. */
function took(
  of: Deployment,
  durationMs: number,
  asked = small,
  outcome: AttemptEnd["outcome"] = "succeeded",
): void {
  strategy.observer.begun({ deployment: of, edit: asked });
  nowMs += durationMs;
  strategy.observer.ended({ deployment: of, edit: asked }, { durationMs, outcome });
}

function first(candidates: readonly Deployment[], asked = small): string | undefined {
  return strategy.order(candidates, asked)[0]?.id;
}

describe("latency-based", () => {
  test("nine edits of ten and more go to one that is ten times as fast, once both have been measured", () => {
    const served = new Map<string, number>();
    for (let round = 0; round < 500; round += 1) {
      const [chosen = fast] = strategy.order([slow, fast], small);
      served.set(chosen.id, (served.get(chosen.id) ?? 0) + 1);
      took(chosen, chosen === fast ? 50 : 500);
    }
    expect(served.get("fast")! / 500).toBeGreaterThan(0.9);
    expect(served.get("slow")).toBeGreaterThan(0);
  });

  test("those that are measured alike share evenly, by what is in flight", () => {
    const candidates = [fast, slow, other];
    const served = new Map<string, number>();
    for (let round = 0; round < 3000; round += 1) {
      const three = [0, 1, 2].map(() => {
        const [chosen = fast] = strategy.order(candidates, small);
        served.set(chosen.id, (served.get(chosen.id) ?? 0) + 1);
        const attempt = { deployment: chosen, edit: small };
        strategy.observer.begun(attempt);
        return attempt;
      });
      nowMs += 1000;
      const end = { durationMs: 1000, outcome: "succeeded" } as const;
      for (const attempt of three) strategy.observer.ended(attempt, end);
    }
    expect(chiSquare(served, { fast: 1, slow: 1, other: 1 })).toBeLessThan(chiSquareLimit[2]!);
  });

  test("before anything is measured shares are even", () => {
    const picks = firstPicks(strategy, [fast, slow, other], 20_000);
    expect(chiSquare(picks, { fast: 1, slow: 1, other: 1 })).toBeLessThan(chiSquareLimit[2]!);
  });

  test("whoever got the big pictures does not count as slow", () => {
    for (let round = 0; round < 20; round += 1) {
      took(fast, 40_000, large);
      took(slow, 10_000, small);
    }
    took(slow, 80_000, large);
    took(fast, 5_000, small);
    expect([first([slow, fast], small), first([slow, fast], large)]).toEqual(["fast", "fast"]);
  });

  test("in a class where it was never measured, its standing in other classes tells", () => {
    took(fast, 4_000, small);
    took(slow, 12_000, small);
    const medium = edit({ quality: "medium" });
    for (let round = 0; round < 50; round += 1) expect(first([slow, fast], medium)).toBe("fast");
    // And beside one that was measured there: fast is reckoned to take a third of what slow does.
    took(slow, 30_000, large);
    for (let round = 0; round < 50; round += 1) expect(first([slow, fast], large)).toBe("fast");
  });

  test("one that was never measured is tried as if it were the fastest", () => {
    took(fast, 1000);
    took(slow, 9000);
    const picks = firstPicks(strategy, [fast, slow, other], 400);
    expect(picks.get("slow")).toBeUndefined();
    expect(picks.get("other")).toBeGreaterThan(100);
  });

  test("the more are in flight, the longer is the wait", () => {
    took(fast, 1000);
    took(slow, 2500);
    const attempt = { deployment: fast, edit: small };
    strategy.observer.begun(attempt);
    expect(first([fast, slow])).toBe("fast");
    strategy.observer.begun(attempt);
    expect(first([fast, slow])).toBe("slow");
  });

  test("a rise counts at once, a fall slowly", () => {
    took(fast, 1000);
    took(slow, 3000);
    took(fast, 10_000);
    expect(first([fast, slow])).toBe("slow");
    took(fast, 1000);
    expect(first([fast, slow])).toBe("slow");
  });

  test("who fails fast does not look fast, and has its turn again after a success", () => {
    took(slow, 3000);
    took(fast, 2000);
    took(fast, 5, small, "failed");
    expect(first([fast, slow])).toBe("slow");
    took(fast, 2000);
    expect(first([fast, slow])).toBe("fast");
  });

  test("one that has only ever failed is behind", () => {
    took(slow, 3000);
    took(fast, 5, small, "failed");
    expect(first([fast, slow])).toBe("slow");
  });

  test("a timeout counts by its length", () => {
    took(slow, 3000);
    took(fast, 2000);
    took(fast, 60_000, small, "failed");
    took(fast, 2000);
    expect(first([fast, slow])).toBe("slow");
  });

  test("what the caller did wrong says nothing", () => {
    took(slow, 3000);
    took(fast, 2000);
    for (let round = 0; round < 5; round += 1) took(fast, 5, small, "refused");
    expect(first([fast, slow])).toBe("fast");
  });

  test.each([
    ["when time and attempts have outweighed it", 93, 277_000, "slow"],
    ["not before its time", 93, 276_000, "fast"],
    ["nor while there are few attempts", 92, 600_000, "fast"],
  ])("what was ten times as slow is tried again %s", (_, attempts, afterMs, expected) => {
    took(slow, 10_000);
    const measuredAtMs = nowMs;
    for (let attempt = 1; attempt < attempts; attempt += 1) took(fast, 1000);
    nowMs = measuredAtMs + afterMs - 1000;
    took(fast, 1000);
    expect(first([fast, slow])).toBe(expected);
  });

  test("what is older than ttl is forgotten", () => {
    strategy = made({ ttlMs: 60_000 });
    took(slow, 9000);
    nowMs += 60_001;
    took(fast, 1000);
    expect(firstPicks(strategy, [fast, slow], 400).get("slow")).toBeGreaterThan(100);
  });

  test("within lowest_latency_buffer of the fastest all are equals", () => {
    strategy = made({ lowestLatencyBuffer: 0.5 });
    took(other, 2000);
    took(slow, 1400);
    took(fast, 1000);
    const picks = firstPicks(strategy, [fast, slow, other], 4000);
    expect(picks.get("other")).toBeUndefined();
    expect(chiSquare(picks, { fast: 1, slow: 1 })).toBeLessThan(chiSquareLimit[1]!);
  });
});
