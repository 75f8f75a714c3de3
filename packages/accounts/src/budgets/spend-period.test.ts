import { spendPeriodAt } from "./spend-period.js";

it.each([
  ["2026-11-28T22:15:00.000Z", "2026-11-28T22:15"],
  ["2026-11-28T22:29:59.999Z", "2026-11-28T22:15"],
  ["2026-11-28T22:30:00.000Z", "2026-11-28T22:30"],
  ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00"],
])("%s is charged to %s", (time, period) => {
  expect(spendPeriodAt(Date.parse(time))).toBe(period);
});
