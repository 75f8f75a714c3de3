import type { Deployment } from "./deployment.js";
import { orderLevels } from "./order-levels.js";

const deployment = (id: string, order?: number): Deployment => ({
  id,
  group: "edits",
  model: "gpt-image-2",
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-test",
  ...(order !== undefined && { order }),
});

test("lower levels come first, those without one last, and none is left out", () => {
  const all = [deployment("none"), deployment("ten", 10), deployment("two", 2), deployment("zero", 0)];
  const levels = orderLevels([...all, deployment("also two", 2)]);
  expect(levels.map((level) => level.map(({ id }) => id))).toEqual([
    ["zero"],
    ["two", "also two"],
    ["ten"],
    ["none"],
  ]);
});

test("without any order there is one level", () => {
  expect(orderLevels([deployment("a"), deployment("b")])).toHaveLength(1);
  expect(orderLevels([])).toEqual([]);
});
