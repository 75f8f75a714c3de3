import { BudgetCalendar } from "../budgets/calendar.js";
import { carriedOver } from "./carried-over.js";

const nowMs = Date.UTC(2026, 10, 28, 22, 20);
const spend = { meter: "team:red", nanoUsd: 5n, duration: undefined, resetAtMs: undefined };

const over = (given: object, calendar = new BudgetCalendar()) =>
  carriedOver({ ...spend, ...given }, calendar, "ann", nowMs);

test.each([
  ["a month", { duration: "30d" }, "2026-11-01T00:00"],
  ["a week", { duration: "7d" }, "2026-11-23T00:00"],
  ["a day", { duration: "1d" }, "2026-11-28T00:00"],
  ["an hour", { duration: "1h" }, "2026-11-28T22:00"],
  ["ever", {}, "1970-01-01T00:00"],
])("for %s it is charged to the period's beginning", (_, given, period) => {
  expect(over(given).record).toMatchObject({ meter: "team:red", source: "litellm", nanoUsd: 5n, period });
});

test("the beginning is that of the time zone", () => {
  const calendar = new BudgetCalendar({ timeZone: "Asia/Kolkata" });
  expect(over({ duration: "1d" }, calendar).record).toMatchObject({ period: "2026-11-28T18:30" });
});

test("where any span is a period, it counts from now", () => {
  expect(over({ duration: "1d" }, new BudgetCalendar({ reset: "rolling" })).record).toMatchObject({
    period: "2026-11-28T22:15",
  });
});

test("of a period that has ended nothing is left, and of nothing nothing", () => {
  expect(over({ duration: "1d", resetAtMs: nowMs })).toEqual({});
  expect(over({ nanoUsd: 0n })).toEqual({});
});

test("another time to begin anew is told, and so is a period that no quarter of an hour fits in", () => {
  expect(over({ duration: "30d", resetAtMs: Date.UTC(2026, 11, 1) }).remark).toBeUndefined();
  expect(over({ duration: "30d", resetAtMs: Date.UTC(2026, 11, 15, 8) }).remark).toBe(
    "its budget of 30d begins anew at 2026-12-01T00:00Z, and with LiteLLM at 2026-12-15T08:00Z",
  );
  expect(over({ duration: "5m" })).toEqual({ remark: "what it has spent in this 5m is not carried over" });
});
