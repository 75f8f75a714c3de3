import type { Payer, Scope } from "../payers/payer.js";
import { BudgetCalendar } from "./calendar.js";
import { type Limits, inherited, refusesRequests } from "./limits.js";
import { budgetMeters, rateMeters } from "./meters.js";

const nowMs = Date.parse("2026-11-28T12:00:00Z");
const calendar = new BudgetCalendar();

const payer = (scope: Scope, limits: Limits): Payer => ({ scope, id: "x", meter: `${scope}:x`, limits });
const budgets = (payers: readonly Payer[], model = "edits") =>
  budgetMeters(payers, model, calendar, nowMs).map(({ meter }) => [meter.key, meter.limit]);
const rates = (payers: readonly Payer[], model = "edits") =>
  rateMeters(payers, model).map(({ meter }) => [meter.key, meter.limit]);

it("makes a meter of every budget, told apart by payer, model and length of the period", () => {
  const limits: Limits = {
    maxBudgetNanoUsd: 10n,
    budgetDuration: "1mo",
    budgetWindows: [
      { limitNanoUsd: 1n, duration: "1d" },
      { limitNanoUsd: 9n, duration: "1mo" },
    ],
    modelBudgets: { edits: { limitNanoUsd: 2n, duration: "7d" }, other: { limitNanoUsd: 3n } },
  };
  expect(budgets([payer("key", limits), payer("team", { maxBudgetNanoUsd: 5n })])).toEqual([
    ["key:x/1mo", 9n],
    ["key:x/1d", 1n],
    ["key:x/model:edits/7d", 2n],
    ["team:x", 5n],
  ]);
  const [month] = budgetMeters([payer("key", limits)], "edits", calendar, nowMs);
  expect(month?.meter).toEqual({
    key: "key:x/1mo",
    limit: 9n,
    isMoney: true,
    window: {
      kind: "period",
      startMs: Date.parse("2026-11-01T00:00:00Z"),
      endMs: Date.parse("2026-12-01T00:00:00Z"),
    },
  });
});

it("tells all limits apart, whatever payers and models are called", () => {
  const named = (id: string, limits: Limits): Payer => ({ scope: "team", id, meter: `team:${id}`, limits });
  const amount = { maxBudgetNanoUsd: 1n };
  const keys = [
    ...budgetMeters([named("a", { ...amount, budgetDuration: "1d" })], "edits", calendar, nowMs),
    ...budgetMeters(
      [named("a", { modelBudgets: { edits: { limitNanoUsd: 1n, duration: "1d" } } })],
      "edits",
      calendar,
      nowMs,
    ),
    ...budgetMeters(
      [named("a", { modelBudgets: { "edits/1d": { limitNanoUsd: 1n } } })],
      "edits/1d",
      calendar,
      nowMs,
    ),
    ...["a/1d", "a%2F1d", "a/rpm", "a/model:edits"].flatMap((id) =>
      budgetMeters([named(id, amount)], "edits", calendar, nowMs),
    ),
    ...budgetMeters([named("a/model:edits", { ...amount, budgetDuration: "1d" })], "edits", calendar, nowMs),
    ...rateMeters([named("a", { rpm: 1, modelRpm: { edits: 1 } })], "edits"),
    ...rateMeters([named("a/model:edits", { rpm: 1 })], "edits"),
  ].map(({ meter }) => meter.key);
  expect(keys).toHaveLength(11);
  expect(new Set(keys).size).toBe(11);
});

it("raises a budget for as long as an increase lasts", () => {
  const limits = (untilMs: number): Limits => ({
    maxBudgetNanoUsd: 10n,
    temporaryIncrease: { amountNanoUsd: 5n, untilMs },
  });
  expect(budgets([payer("key", limits(nowMs + 1))])).toEqual([["key:x", 15n]]);
  expect(budgets([payer("key", limits(nowMs))])).toEqual([["key:x", 10n]]);
});

it("never makes a limit that no meter can count", () => {
  const limits: Limits = {
    maxBudgetNanoUsd: 4_000_000_000_000_000n,
    temporaryIncrease: { amountNanoUsd: 1n, untilMs: nowMs + 1 },
  };
  expect(budgets([payer("key", limits)])).toEqual([["key:x", 4_000_000_000_000_000n]]);
});

it("makes a meter of every rate", () => {
  expect(
    rateMeters([payer("user", { rpm: 1, tpm: 2, ipm: 3, parallel: 4 })], "edits").map(({ of, meter }) => [
      of,
      meter,
    ]),
  ).toEqual([
    ["requests", { key: "user:x/rpm", limit: 1n, window: { kind: "rolling", ms: 60_000 } }],
    ["tokens", { key: "user:x/tpm", limit: 2n, window: { kind: "rolling", ms: 60_000 } }],
    ["images", { key: "user:x/ipm", limit: 3n, window: { kind: "rolling", ms: 60_000 } }],
    ["parallel requests", { key: "user:x/parallel", limit: 4n, window: { kind: "lease" } }],
  ]);
});

it("takes a model's rate from the key, then from its model budgets, then from the team", () => {
  const team = payer("team", { modelRpm: { edits: 3 } });
  expect(
    rates([payer("key", { modelRpm: { edits: 1 }, modelBudgets: { edits: { rpm: 2 } } }), team]),
  ).toEqual([["key:x/model:edits/rpm", 1n]]);
  expect(rates([payer("key", { modelBudgets: { edits: { rpm: 2 } } }), team])).toEqual([
    ["key:x/model:edits/rpm", 2n],
  ]);
  expect(rates([payer("key", { modelRpm: { other: 1 } }), team])).toEqual([["team:x/model:edits/rpm", 3n]]);
});

it("inherits from a reusable budget what is not said, and never another amount's period", () => {
  const budget: Limits = { maxBudgetNanoUsd: 1n, budgetDuration: "1d", rpm: 5 };
  expect(inherited({ rpm: 7 }, budget)).toEqual({ maxBudgetNanoUsd: 1n, budgetDuration: "1d", rpm: 7 });
  expect(inherited({ maxBudgetNanoUsd: 9n }, budget)).toEqual({ maxBudgetNanoUsd: 9n, rpm: 5 });
  expect(inherited({ rpm: 7 }, undefined)).toEqual({ rpm: 7 });
});

it.each<[Limits, boolean]>([
  [{}, false],
  [{ softBudgetNanoUsd: 1n, budgetDuration: "1d" }, false],
  [{ budgetWindows: [], modelRpm: {} }, false],
  [{ rpm: 0 }, true],
  [{ maxBudgetNanoUsd: 0n }, true],
  [{ modelBudgets: { edits: { limitNanoUsd: 1n } } }, true],
])("%j refuses requests: %s", (limits, expected) => {
  expect(refusesRequests(limits)).toBe(expected);
});
