import type { Payer, PayerMeter } from "@darkroom/accounts";
import type { Refusal } from "@darkroom/router";
import {
  BudgetExceededError,
  CallerLimitError,
  TooManyLimitsError,
  UnpricedError,
  nameOf,
} from "./budget-errors.js";

const team: Payer = { scope: "team", id: "t-1", alias: "Red", meter: "team:t-1", limits: {} };
const nowMs = Date.UTC(2026, 10, 28, 12);

function of(payer: Payer, given: Partial<PayerMeter> = {}): PayerMeter {
  const window = { kind: "period", startMs: 0, endMs: 1 } as const;
  return { payer, of: "money", meter: { key: payer.meter, window, limit: 0n }, ...given };
}

function refusal(amount: bigint, used: bigint, limit: bigint, fitsInMs?: number): Refusal {
  const { meter } = of(team) as never as { meter: Refusal["meter"] };
  return { candidate: 0, charge: { meter, amount }, meter, used, reserved: 20_000_000n, limit, fitsInMs };
}

test.each<[Payer["scope"], string | undefined, string]>([
  ["key", "build server", "Key 'build server'"],
  ["key", "sk-...abcd", "Key 'sk-...abcd'"],
  ["team", undefined, "Team 'id'"],
  ["team", "Red", "Team 'id' (Red)"],
  ["member", undefined, "Team member 'id'"],
  ["user", undefined, "User 'id'"],
  ["customer", undefined, "Customer 'id'"],
  ["tag", undefined, "Tag 'id'"],
  ["provider", undefined, "Provider 'id'"],
  ["deployment", undefined, "Deployment 'id'"],
  ["proxy", undefined, "The whole gateway"],
])("of a %s called %s it is said: %s", (scope, alias, name) => {
  expect(nameOf({ scope, id: "id", meter: "", limits: {}, ...(alias !== undefined && { alias }) })).toBe(
    name,
  );
});

test("a budget that is used up says whose, how much, until when, and what would fit", () => {
  const spent = {
    of: of(team, { duration: "30d", model: "edits" }),
    refusal: refusal(40_000_000n, 950_000_000n, 1_000_000_000n),
    status: 422,
    resetAtMs: Date.UTC(2026, 11, 1),
    cheaper: ["quality=low", "n=1"],
  } as const;
  const error = new BudgetExceededError(spent, false);
  expect(error.message).toBe(
    "Budget has been exceeded! Team 't-1' (Red) for model 'edits': spent $0.95, reserved $0.02, limit $1 per 30d, this edit at most $0.04, resets at 2026-12-01T00:00:00.000Z. It would fit with quality=low, or with n=1.",
  );
  expect(error).toMatchObject({ status: 422, code: "422", type: "budget_exceeded", retryAfterMs: undefined });
});

test("a budget for ever says no period and no reset; one that waits is always a 429 that asks to come back", () => {
  const spent = {
    of: of(team),
    refusal: refusal(1n, 0n, 1n),
    status: 400,
    resetAtMs: undefined,
    cheaper: [],
  } as const;
  const error = new BudgetExceededError(spent, true);
  expect(error.message).not.toMatch(/ per |resets at|It would fit/);
  expect(error).toMatchObject({ status: 429, code: "429", retryAfterMs: 1_000 });
});

test("a rate says its kind, what is left, what was asked for and when it fits", () => {
  const error = new CallerLimitError(
    of(team, { of: "images", model: "edits" }),
    refusal(4n, 28n, 30n, 12_000),
    nowMs,
  );
  expect(error.message).toBe(
    "Rate limit exceeded for Team 't-1' (Red) for model 'edits'. Limit type: images. Current limit: 30, remaining: 2, asked for: 4, fits again at 2026-11-28T12:00:12.000Z.",
  );
  expect(error).toMatchObject({
    status: 429,
    code: "429",
    type: "throttling_error",
    retryAfterMs: 12_000,
    remaining: 2n,
  });
});

test("a request that never fits is not asked to come back; one for a slot comes back in a moment", () => {
  const never = new CallerLimitError(of(team, { of: "tokens" }), refusal(31n, 0n, 30n, 0), nowMs);
  expect(never.message).toMatch(/; the edit alone is more than ever fits\.$/);
  expect(never).toMatchObject({ retryAfterMs: undefined, resetAtMs: undefined });
  const slot = new CallerLimitError(of(team, { of: "parallel requests" }), refusal(1n, 3n, 3n), nowMs);
  expect(slot).toMatchObject({ retryAfterMs: 1_000, limitType: "concurrent_requests", remaining: 0n });
});

test("what cannot be bounded says who has the budget, and what to do", () => {
  expect(new UnpricedError("own-model", of(team)).message).toBe(
    "Team 't-1' (Red) has a budget, and nobody knows what an edit with 'own-model' may cost: set its prices, or `unpriced: allow`.",
  );
  expect(new TooManyLimitsError(28)).toMatchObject({ status: 400, code: "too_many_limits", field: "tags" });
});
