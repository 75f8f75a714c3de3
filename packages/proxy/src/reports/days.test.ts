import { day, daysFrom, daysOfMonth, lastDays, month } from "./days.js";

it("means the last day as well", () => {
  expect(daysFrom("2026-02-27", "2026-02-28")).toEqual({ from: "2026-02-27", until: "2026-03-01" });
  expect(lastDays(Date.UTC(2026, 0, 30, 23, 59))).toEqual({ from: "2026-01-01", until: "2026-01-31" });
});

it.each([
  ["2026-11", { from: "2026-11-01", until: "2026-12-01" }],
  ["2026-12", { from: "2026-12-01", until: "2027-01-01" }],
  ["2028-02", { from: "2028-02-01", until: "2028-03-01" }],
])("knows the days of %s", (text, days) => {
  expect(daysOfMonth(text)).toEqual(days);
});

it.each(["2026-02-30", "2026-13-01", "2026-1-1", "today", "2026-01-01T00:00", ""])(
  "takes %j for no day",
  (text) => {
    expect(day.safeParse(text).success).toBe(false);
  },
);

it.each(["2026-13", "2026", "2026-1", "2026-01-01"])("takes %j for no month", (text) => {
  expect(month.safeParse(text).success).toBe(false);
});
