import { createStrategy, routingStrategies } from "./routing-strategy.js";
import {
  chiSquare,
  chiSquareLimit,
  deployment,
  edit,
  firstPicks,
  seeded,
} from "./strategies.test.support.js";

describe.each(routingStrategies)("%s", (name) => {
  const strategy = () =>
    createStrategy(name, { random: seeded(7), nowMs: () => 0, latency: {}, room: { of: () => 1 } });

  test("follows the weights of a group that has some", () => {
    const made = strategy();
    const heavy = deployment("heavy", { weight: 3, model: "gpt-image-2" });
    const light = deployment("light", { weight: 1, model: "gpt-image-1-mini" });
    // Busy, slow and dear: a strategy of its own would leave it alone.
    const attempt = { deployment: heavy, edit: edit() };
    made.observer?.begun(attempt);
    made.observer?.ended(attempt, { durationMs: 60_000, outcome: "failed" });
    made.observer?.begun(attempt);
    expect(chiSquare(firstPicks(made, [light, heavy], 5000), { heavy: 3, light: 1 })).toBeLessThan(
      chiSquareLimit[1]!,
    );
  });

  test("orders every candidate once, and leaves the list as it was", () => {
    const candidates = ["a", "b", "c", "d"].map((id) => deployment(id));
    const before = [...candidates];
    const order = strategy().order(candidates, edit());
    expect(order.map(({ id }) => id).sort()).toEqual(["a", "b", "c", "d"]);
    expect(candidates).toEqual(before);
  });
});
