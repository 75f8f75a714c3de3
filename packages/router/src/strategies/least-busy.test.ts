import type { ObservedAttempt } from "./attempt-observer.js";
import { LeastBusy } from "./least-busy.js";
import {
  chiSquare,
  chiSquareLimit,
  deployment,
  edit,
  firstPicks,
  seeded,
} from "./strategies.test.support.js";

const [a, b, c] = [deployment("a"), deployment("b"), deployment("c")];
const all = [a, b, c];

let strategy: LeastBusy;
beforeEach(() => {
  strategy = new LeastBusy(seeded(7));
});

const attempt = (of = a): ObservedAttempt => ({ deployment: of, edit: edit() });

describe("least-busy", () => {
  test("tries those with fewer attempts in flight first", () => {
    for (const busy of [a, a, b]) strategy.observer.begun(attempt(busy));
    expect(strategy.order(all).map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });

  test("an attempt that has ended counts no more, and whoever ends none counts on", () => {
    for (const busy of [a, a, b]) strategy.observer.begun(attempt(busy));
    for (const ended of [a, a]) strategy.observer.ended(attempt(ended));
    expect(firstPicks(strategy, all, 200).get("b")).toBeUndefined();
    strategy.observer.ended(attempt(b));
    expect(firstPicks(strategy, all, 200).get("b")).toBeGreaterThan(0);
  });

  test("shares are even while none is busier", () => {
    const picks = firstPicks(strategy, all, 20_000);
    expect(chiSquare(picks, { a: 1, b: 1, c: 1 })).toBeLessThan(chiSquareLimit[2]!);
  });

  test("of those that are equally busy each is first equally often", () => {
    strategy.observer.begun(attempt(a));
    const picks = firstPicks(strategy, all, 20_000);
    expect(picks.get("a")).toBeUndefined();
    expect(chiSquare(picks, { b: 1, c: 1 })).toBeLessThan(chiSquareLimit[1]!);
  });

  test("shares follow speed: twice as fast is twice as often free", () => {
    const random = seeded(3);
    const meanMs = { a: 1000, b: 2000, c: 4000 };
    const running: { deployment: typeof a; endsAtMs: number }[] = [];
    const served = new Map<string, number>();
    // Sixty clients, each of which sends its next edit when it is answered.
    const begin = (nowMs: number): void => {
      const [first = a] = strategy.order(all);
      strategy.observer.begun(attempt(first));
      const durationMs = meanMs[first.id as keyof typeof meanMs] * (0.5 + random());
      running.push({ deployment: first, endsAtMs: nowMs + durationMs });
    };
    for (let client = 0; client < 60; client += 1) begin(0);
    for (let round = 0; round < 14_000; round += 1) {
      running.sort((one, other) => one.endsAtMs - other.endsAtMs);
      const { deployment: done, endsAtMs } = running.shift()!;
      strategy.observer.ended(attempt(done));
      served.set(done.id, (served.get(done.id) ?? 0) + 1);
      begin(endsAtMs);
    }
    // Those in flight are not independent of one another, so chance has no limit to hold this against.
    expect(served.get("a")! / served.get("b")!).toBeCloseTo(2, 0);
    expect(served.get("a")! / served.get("c")!).toBeCloseTo(4, 0);
  });
});
