import { UsageBased } from "./usage-based.js";
import { chiSquare, chiSquareLimit, deployment, firstPicks, seeded } from "./strategies.test.support.js";

const all = ["a", "b", "c"].map((id) => deployment(id));

const strategy = (room: Readonly<Record<string, number>>): UsageBased =>
  new UsageBased(seeded(7), { of: (id) => room[id] ?? 1 });

test("most room first", () => {
  const order = strategy({ a: 0.2, b: 0.9, c: 0.5 }).order(all);
  expect(order.map(({ id }) => id)).toEqual(["b", "c", "a"]);
});

test("those without limits have all the room there is", () => {
  expect(strategy({ a: 0.99, b: 0.98 }).order(all)[0]?.id).toBe("c");
});

test("of those with the same room each is first equally often", () => {
  expect(chiSquare(firstPicks(strategy({}), all, 20_000), { a: 1, b: 1, c: 1 })).toBeLessThan(
    chiSquareLimit[2]!,
  );
  const picks = firstPicks(strategy({ a: 0, b: 0.5, c: 0.5 }), all, 20_000);
  expect(picks.get("a")).toBeUndefined();
  expect(chiSquare(picks, { b: 1, c: 1 })).toBeLessThan(chiSquareLimit[1]!);
});
