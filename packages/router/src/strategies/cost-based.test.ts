import { CostBased } from "./cost-based.js";
import {
  chiSquare,
  chiSquareLimit,
  deployment,
  edit,
  firstPicks,
  seeded,
} from "./strategies.test.support.js";

const strategy = (): CostBased => new CostBased(seeded(7));
const asked = edit({ size: "1024x1024", quality: "low" });
const ids = (deployments: readonly { id: string }[]): string[] => deployments.map(({ id }) => id);

const mini = deployment("mini", { model: "gpt-image-1-mini" });
const first = deployment("first", { model: "gpt-image-1" });
const second = deployment("second", { model: "our-copy", baseModel: "gpt-image-1" });
const unknown = deployment("unknown", { model: "nobody-knows" });
const flat = deployment("flat", {
  model: "house",
  prices: new Map([["house", { images: [{ usd: "0.03" }] }]]),
});

describe("cost-based", () => {
  test("tries the cheapest first, and what no price bounds last", () => {
    expect(ids(strategy().order([unknown, first, mini], asked))).toEqual(["mini", "first", "unknown"]);
  });

  test("looks at this very edit: who sells by the image is cheaper for large ones only", () => {
    const candidates = [flat, first];
    expect(ids(strategy().order(candidates, asked))).toEqual(["first", "flat"]);
    const large = edit({ size: "1536x1024", quality: "high" });
    expect(ids(strategy().order(candidates, large))).toEqual(["flat", "first"]);
  });

  test("of those that cost the same each is first equally often, and the dearer ones never", () => {
    const picks = firstPicks(strategy(), [flat, first, second], 2000, asked);
    expect(picks.get("flat")).toBeUndefined();
    expect(chiSquare(picks, { first: 1, second: 1 })).toBeLessThan(chiSquareLimit[1]!);
  });

  test("of those without a price each is first equally often", () => {
    const picks = firstPicks(strategy(), [unknown, deployment("other")], 2000, asked);
    expect(chiSquare(picks, { unknown: 1, other: 1 })).toBeLessThan(chiSquareLimit[1]!);
  });
});
