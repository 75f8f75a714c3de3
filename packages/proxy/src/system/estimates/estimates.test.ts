import { stopAll } from "../running-process.js";
import { bareEdits, measured, wholeRange } from "./measured-edits.js";
import { tightnessOf, uncovered } from "./tightness.js";

afterAll(stopAll);

// Thousands of edits: `node scripts/measure-estimates.mjs`.
it("an estimate covers the bill, over the whole range of requests", async () => {
  const edits = await measured(0, wholeRange(0, 500));
  expect(edits.length).toBeGreaterThan(300);
  expect(uncovered(edits)).toEqual([]);
});

it("an estimate of an edit that leaves size and quality open covers the bill, and dall-e-2's is exact", async () => {
  const bare = await measured(0, bareEdits());
  expect(uncovered(bare)).toEqual([]);
  const ratios = new Map(tightnessOf(bare).map(({ model, all }) => [model, all.most]));
  expect(ratios.get("dall-e-2")).toBe(1);
  expect(ratios.get("gpt-image-2")).toBeLessThan(3);
});
