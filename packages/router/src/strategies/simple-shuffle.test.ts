import type { Deployment } from "../deployments/deployment.js";
import { SimpleShuffle } from "./simple-shuffle.js";

const deployment = (id: string, weight: number): Deployment => ({
  id,
  group: "group",
  model: "model",
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-test",
  weight,
});

/** A small seeded generator (mulberry32), so that the shares are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function firstPicks(deployments: Deployment[], rounds: number): Map<string, number> {
  const strategy = new SimpleShuffle(seeded(7));
  const picks = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const id = strategy.order(deployments)[0]?.id ?? "";
    picks.set(id, (picks.get(id) ?? 0) + 1);
  }
  return picks;
}

describe("simple-shuffle", () => {
  test("gives each deployment its share of first picks, wherever in the list the weights stand", () => {
    const weights = new Map([
      ["one", 1],
      ["three", 3],
      ["half", 0.5],
      ["five", 5.5],
    ]);
    const rounds = 20_000;
    const picks = firstPicks(
      [...weights].map(([id, weight]) => deployment(id, weight)),
      rounds,
    );
    let chiSquare = 0;
    for (const [id, weight] of weights) {
      const expected = (rounds * weight) / 10;
      chiSquare += ((picks.get(id) ?? 0) - expected) ** 2 / expected;
    }
    // 3 degrees of freedom, p = 0.001.
    expect(chiSquare).toBeLessThan(16.27);
  });

  test("weight 0 is tried last, and only weights of 0 are tried all the same", () => {
    const picks = firstPicks([deployment("zero", 0), deployment("one", 1)], 500);
    expect(picks.get("zero")).toBeUndefined();
    const order = new SimpleShuffle().order([deployment("a", 0), deployment("b", 0)]);
    expect(order.map(({ id }) => id).sort()).toEqual(["a", "b"]);
  });

  test("every deployment is in the order once", () => {
    const all = Array.from({ length: 20 }, (_, index) => deployment(String(index), index));
    expect(new Set(new SimpleShuffle().order(all))).toEqual(new Set(all));
  });
});
