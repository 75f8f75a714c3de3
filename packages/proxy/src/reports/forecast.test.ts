import { BudgetCalendar } from "@darkroom/accounts";
import { forecastOf } from "./forecast.js";

const calendar = new BudgetCalendar();
/** In the middle of a month of 30 days. */
const nowMs = Date.UTC(2026, 10, 16);
const monthly = { key: "team:red/30d", window: calendar.windowAt("30d", nowMs), limit: 30_000n };
const forEver = { key: "team:red", window: calendar.windowAt(undefined, nowMs), limit: 1_000n };

it("goes on as in the period so far", () => {
  expect(forecastOf(monthly, { nanoUsd: 20_000n }, { nanoUsd: 0n }, nowMs)).toEqual({
    dailyNanoUsd: 1_333n,
    projectedNanoUsd: 40_000n,
    usedUpAtMs: Date.UTC(2026, 10, 23, 12),
  });
});

it("names no time where the period ends first", () => {
  expect(forecastOf(monthly, { nanoUsd: 15_000n }, { nanoUsd: 0n }, nowMs)).toEqual({
    dailyNanoUsd: 1_000n,
    projectedNanoUsd: 30_000n,
  });
});

it("says now, where a budget is used up", () => {
  expect(forecastOf(monthly, { nanoUsd: 30_000n }, { nanoUsd: 0n }, nowMs)).toMatchObject({
    usedUpAtMs: nowMs,
  });
});

it("goes by the last seven days where a budget never begins anew", () => {
  expect(forecastOf(forEver, { nanoUsd: 300n }, { nanoUsd: 70n }, nowMs)).toEqual({
    dailyNanoUsd: 10n,
    usedUpAtMs: nowMs + 70 * 86_400_000,
  });
  expect(forecastOf(forEver, { nanoUsd: 300n }, { nanoUsd: 0n }, nowMs)).toEqual({ dailyNanoUsd: 0n });
});

it("draws no line for a rolling window", () => {
  const rolling = new BudgetCalendar({ reset: "rolling" }).windowAt("30d", nowMs);
  const meter = { ...monthly, window: rolling };
  expect(forecastOf(meter, { nanoUsd: 29_999n }, { nanoUsd: 9n }, nowMs)).toEqual({});
  expect(forecastOf(meter, { nanoUsd: 30_000n }, { nanoUsd: 9n }, nowMs)).toEqual({ usedUpAtMs: nowMs });
});

it("divides nothing by nothing in the first moment of a period", () => {
  const first = Date.UTC(2026, 10, 1);
  expect(forecastOf(monthly, { nanoUsd: 0n }, { nanoUsd: 0n }, first)).toEqual({
    dailyNanoUsd: 0n,
    projectedNanoUsd: 0n,
  });
});
