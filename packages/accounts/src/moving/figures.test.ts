import { FiguresOfRows, type TableFigures, difference } from "./figures.js";

function figuresOf(columns: Readonly<Record<string, readonly unknown[]>>): TableFigures {
  const figures = new FiguresOfRows(Object.keys(columns));
  for (const [column, values] of Object.entries(columns)) figures.addColumn(column, values);
  figures.addRows(Object.values(columns)[0]?.length ?? 0);
  return figures;
}

const kept = { cost: [2n ** 60n, -1n, null], note: ["zoë", "", null] };

test("counts numbers exactly, and texts by their bytes", () => {
  const { rows, sums } = figuresOf(kept);
  expect([rows, sums.get("cost"), sums.get("note")]).toEqual([3, 2n ** 60n - 1n, 4n]);
});

test.each([
  ["a row", { cost: [2n ** 60n, -1n], note: ["zoë", ""] }, "rows"],
  ["a nano-dollar", { ...kept, cost: [2n ** 60n, 0n, null] }, "cost"],
  ["a letter", { ...kept, note: ["zoe", "", null] }, "note"],
  ["nothing", kept, undefined],
])("notices %s", (_, other, expected) => {
  expect(difference(figuresOf(kept), figuresOf(other))).toBe(expected);
});
