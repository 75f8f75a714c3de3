import { SimpleShuffle } from "./simple-shuffle.js";
import { chiSquare, chiSquareLimit, deployment, firstPicks, seeded } from "./strategies.test.support.js";

const shuffle = (): SimpleShuffle => new SimpleShuffle(seeded(7));

describe("simple-shuffle", () => {
  test.each([
    [
      "weights, wherever in the list they stand",
      [
        deployment("one"),
        deployment("three", { weight: 3, rpm: 1 }),
        deployment("half", { weight: 0.5, rpm: 1000 }),
        deployment("five", { weight: 5.5 }),
      ],
      { one: 1, three: 3, half: 0.5, five: 5.5 },
    ],
    [
      "requests a minute where nobody has a weight; who has none gets the mean",
      [deployment("few", { rpm: 20 }), deployment("many", { rpm: 60 }), deployment("unknown")],
      { few: 20, many: 60, unknown: 40 },
    ],
    ["nothing: all the same", [deployment("a"), deployment("b"), deployment("c")], { a: 1, b: 1, c: 1 }],
  ])("shares follow %s", (_, deployments, shares) => {
    const picks = firstPicks(shuffle(), deployments, 20_000);
    expect(chiSquare(picks, shares)).toBeLessThan(chiSquareLimit[deployments.length - 1]!);
  });

  test("once the first one is out, those left share in proportion", () => {
    const left = [deployment("three", { weight: 3 }), deployment("one", { weight: 1 })];
    expect(chiSquare(firstPicks(shuffle(), left, 20_000), { three: 3, one: 1 })).toBeLessThan(
      chiSquareLimit[1]!,
    );
  });

  test("weight 0 is tried last, and only weights of 0 are tried all the same", () => {
    const picks = firstPicks(
      shuffle(),
      [deployment("zero", { weight: 0 }), deployment("one", { weight: 1 })],
      500,
    );
    expect(picks.get("zero")).toBeUndefined();
    const order = shuffle().order([deployment("a", { weight: 0 }), deployment("b", { weight: 0 })]);
    expect(order.map(({ id }) => id).sort()).toEqual(["a", "b"]);
  });

  test("every deployment is in the order once", () => {
    const all = Array.from({ length: 20 }, (_, index) => deployment(String(index), { weight: index }));
    expect(new Set(shuffle().order(all))).toEqual(new Set(all));
  });
});
