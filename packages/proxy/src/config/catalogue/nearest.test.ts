import { hint, nearest } from "./nearest.js";

it.each([
  ["timeuot", ["timeout", "stream_timeout"], "timeout"],
  ["TIMEOUT", ["weight", "timeout"], "timeout"],
  ["a", [], undefined],
])("nearest(%s)", (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

it("asks whether a close one was meant, and names the nearest otherwise", () => {
  expect(hint("wieght", ["weight", "timeout"])).toBe('; did you mean "weight"?');
  expect(hint("temperature", ["weight", "timeout"])).toMatch(/^; the nearest known one is "/);
  expect(hint("temperature", [])).toBe("");
});
