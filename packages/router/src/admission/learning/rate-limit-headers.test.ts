import { goDurationMs, toldLimits } from "./rate-limit-headers.js";

test.each<[string | undefined, number | undefined]>([
  ["0s", 0],
  ["120ms", 120],
  ["1s", 1_000],
  ["59.5s", 59_500],
  ["6m0s", 360_000],
  ["1m0.5s", 60_500],
  ["1h2m3s", 3_723_000],
  ["1m120ms", 60_120],
  [undefined, undefined],
  ["", undefined],
  ["12", undefined],
  ["-1s", undefined],
  ["soon", undefined],
  ["1s!", undefined],
  [`${"9".repeat(400)}s`, undefined],
])("a duration of %s", (text, expectedMs) => {
  expect(goDurationMs(text)).toBe(expectedMs);
});

test("what an answer says of each of its limits", () => {
  const told = toldLimits({
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-images": "20",
    "x-ratelimit-remaining-images": "0",
    "x-ratelimit-reset-images": "59.5s",
    "x-ratelimit-remaining-input-images": "7",
  });
  expect(Object.fromEntries(told)).toEqual({
    requests: { limit: 60, remaining: 59, resetMs: 1_000 },
    images: { limit: 20, remaining: 0, resetMs: 59_500 },
    "input-images": { remaining: 7 },
  });
});

test.each([
  ["nothing", {}],
  ["a limit of 0, as some write for none", { limit: "0", remaining: "0" }],
  ["words", { limit: "many", remaining: "some", reset: "1s" }],
  ["numbers below 0", { limit: "-1", remaining: "-1" }],
  ["parts of a number", { limit: "1.5", remaining: "1e3" }],
  ["a reset alone", { reset: "1s" }],
])("%s tells nothing", (_, values) => {
  const headers = Object.entries(values).map(([name, value]) => [`x-ratelimit-${name}-images`, value]);
  expect(toldLimits(Object.fromEntries(headers) as Record<string, string>).size).toBe(0);
});

test("what can be read counts beside what cannot", () => {
  const headers = { "x-ratelimit-limit-images": "none", "x-ratelimit-remaining-images": " 3 " };
  expect(Object.fromEntries(toldLimits(headers))).toEqual({ images: { remaining: 3 } });
});
