import { parseTime } from "./parse-time.js";

it.each([
  ["2026-11-28", Date.UTC(2026, 10, 28)],
  ["2026-11-28T12:30", Date.UTC(2026, 10, 28, 12, 30)],
  ["2026-11-28 12:30:15", Date.UTC(2026, 10, 28, 12, 30, 15)],
  ["2026-11-28T12:30:15.250Z", Date.UTC(2026, 10, 28, 12, 30, 15, 250)],
  ["2026-11-28 12:30:15 UTC", Date.UTC(2026, 10, 28, 12, 30, 15)],
  ["2026-11-28T12:30+09:00", Date.UTC(2026, 10, 28, 3, 30)],
  ["2026-11-28T12:30-0130", Date.UTC(2026, 10, 28, 14)],
  [" 2026-11-28 ", Date.UTC(2026, 10, 28)],
])("%s is the same moment everywhere", (text, ms) => {
  expect(parseTime(text)).toBe(ms);
});

it.each([
  "",
  "2026",
  "1",
  "11/01/2026",
  "Nov 1, 2026",
  "2026-13-01",
  "2026-11-28T25:00",
  "2026-11-28T12:30 CET",
])("%j is none", (text) => {
  expect(parseTime(text)).toBeNaN();
});
