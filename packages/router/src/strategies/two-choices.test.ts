import type { ObservedAttempt } from "./attempt-observer.js";
import {
  chiSquare,
  chiSquareLimit,
  deployment,
  edit,
  firstPicks,
  seeded,
} from "./strategies.test.support.js";
import { TwoChoices } from "./two-choices.js";

const [a, b, c, d] = [deployment("a"), deployment("b"), deployment("c"), deployment("d")];
const all = [a, b, c, d];

let room: Record<string, number>;
let nowMs: number;
let strategy: TwoChoices;
beforeEach(() => {
  room = {};
  nowMs = 0;
  strategy = new TwoChoices(seeded(7), () => nowMs, { of: (id) => room[id] ?? 1 });
});

const attempt = (of: typeof a): ObservedAttempt => ({ deployment: of, edit: edit() });

function took(of: typeof a, durationMs: number): void {
  strategy.observer.begun(attempt(of));
  strategy.observer.ended(attempt(of), { durationMs, outcome: "succeeded" });
}

/** How often each is first if the better one of any two is: the best in 3 of 6 pairs, the next one in 2, then in 1. */
const byRank = ([first, second, third]: readonly string[]): Record<string, number> => ({
  [first!]: 3,
  [second!]: 2,
  [third!]: 1,
});

test("each is first equally often where none is better", () => {
  expect(chiSquare(firstPicks(strategy, all, 20_000, edit()), { a: 1, b: 1, c: 1, d: 1 })).toBeLessThan(
    chiSquareLimit[3]!,
  );
});

test.each([
  [
    "the faster",
    () => {
      for (const [of, ms] of [
        [a, 1000],
        [b, 4000],
        [c, 2000],
        [d, 3000],
      ] as const)
        took(of, ms);
    },
  ],
  [
    "the one with fewer attempts in flight",
    () => {
      for (const busy of [c, d, d, b, b, b]) strategy.observer.begun(attempt(busy));
    },
  ],
  ["the one with more room", () => Object.assign(room, { a: 0.9, b: 0.1, c: 0.5, d: 0.3 })],
])("of two that are drawn %s is first", (_, given) => {
  given();
  const picks = firstPicks(strategy, all, 20_000, edit());
  expect(picks.get("b")).toBeUndefined();
  expect(chiSquare(picks, byRank(["a", "c", "d"]))).toBeLessThan(chiSquareLimit[2]!);
});

test("the others follow, best first", () => {
  for (const busy of [a, a, a, b, b, c]) strategy.observer.begun(attempt(busy));
  for (let round = 0; round < 100; round += 1) {
    const [, , third, fourth] = strategy.order(all, edit()).map(({ id }) => id);
    expect(third! > fourth!).toBe(true);
  }
});

test("a full one may still be worth it where all others are much slower", () => {
  took(a, 1000);
  took(b, 60_000);
  room = { a: 0 };
  expect(firstPicks(strategy, [a, b], 100, edit()).get("a")).toBe(100);
});

test("draws by requests a minute where there are such", () => {
  const few = deployment("few", { rpm: 1 });
  const many = deployment("many", { rpm: 1_000_000 });
  for (const busy of [many, many]) strategy.observer.begun(attempt(busy));
  const order = strategy.order([few, many, { ...many, id: "more" }], edit()).map(({ id }) => id);
  expect(order).toEqual(["more", "many", "few"]);
});

test("one alone is the order, and none is none", () => {
  expect(strategy.order([a], edit())).toEqual([a]);
  expect(strategy.order([], edit())).toEqual([]);
});
