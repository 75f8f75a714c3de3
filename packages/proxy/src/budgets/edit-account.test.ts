import { BudgetCalendar, type Limits, type Payer } from "@darkroom/accounts";
import { type Charge, type Deployment, type Refusal, RouterError } from "@darkroom/router";
import { type BudgetRules, EditAccount } from "./edit-account.js";
import { deployment, estimate } from "./opened-budgets.test.support.js";

const nowMs = Date.UTC(2026, 10, 28, 12);
const rules: BudgetRules = {
  calendar: new BudgetCalendar(),
  meters: { spentOf: ({ meter }: { meter: { limit: bigint } }) => Promise.resolve(meter.limit) } as never,
  status: 429,
  unpriced: "refuse",
  deploymentLimits: new Map(),
  providerLimits: new Map(),
  groupOf: (model) => (model === "other-name" ? "edits" : model),
  nowMs: () => nowMs,
};
const payer = (scope: Payer["scope"], id: string, limits: Limits): Payer => ({
  scope,
  id,
  meter: `${scope}:${id}`,
  limits,
});
const budget = (dollarsNano: bigint): Limits => ({ maxBudgetNanoUsd: dollarsNano });

function account(payers: readonly Payer[], given: Partial<BudgetRules> = {}, model = "edits"): EditAccount {
  return new EditAccount(payers, model, model, { ...rules, ...given }, (_, most) => [
    `at most ${String(most)}`,
  ]);
}

function chargesOf(
  of: EditAccount,
  nanoUsd: bigint | null = 5n,
  to: Deployment = deployment,
): readonly Charge[] {
  const charges = of.callCharges({
    deployment: to,
    estimate: nanoUsd === null ? null : estimate(nanoUsd),
    nowMs,
  });
  if (charges instanceof RouterError) throw charges;
  return charges;
}

const taken = (charges: readonly Charge[]) => charges.map(({ meter: { key }, amount }) => [key, amount]);

describe("a call", () => {
  test("is paid from the budget of everybody who has one", () => {
    const payers = [payer("key", "k", budget(9n)), payer("team", "t", {}), payer("tag", "x", budget(8n))];
    expect(taken(chargesOf(account(payers)))).toEqual([
      ["key:k", 5n],
      ["tag:x", 5n],
    ]);
  });

  test("is paid from every window of a budget at once, and from the model's own", () => {
    const limits: Limits = {
      ...budget(9n),
      budgetWindows: [
        { limitNanoUsd: 3n, duration: "24h" },
        { limitNanoUsd: 7n, duration: "30d" },
      ],
      modelBudgets: { edits: { limitNanoUsd: 2n, duration: "1d" }, others: { limitNanoUsd: 1n } },
    };
    expect(taken(chargesOf(account([payer("key", "k", limits)])))).toEqual([
      ["key:k", 5n],
      ["key:k/24h", 5n],
      ["key:k/30d", 5n],
      ["key:k/model:edits/1d", 5n],
    ]);
  });

  test("is paid from the budget of the group that serves it, a wildcard's by the model that was asked for", () => {
    const limits: Limits = {
      modelBudgets: { edits: { limitNanoUsd: 2n }, "any/image": { limitNanoUsd: 1n } },
    };
    const asked = account([payer("key", "k", limits)], {}, "any/image");
    expect(taken(chargesOf(asked))).toEqual([["key:k/model:edits", 5n]]);
    expect(taken(chargesOf(asked, 5n, { ...deployment, group: "any/*", asked: "any/image" }))).toEqual([
      ["key:k/model:any%2Fimage", 5n],
    ]);
  });

  test("is paid from the budgets of its deployment and of its provider", () => {
    const given = {
      deploymentLimits: new Map([["first", budget(9n)]]),
      providerLimits: new Map([
        ["openai", budget(8n)],
        ["azure", budget(7n)],
      ]),
    };
    expect(taken(chargesOf(account([], given)))).toEqual([
      ["provider:openai", 5n],
      ["deployment:first", 5n],
    ]);
    expect(
      taken(chargesOf(account([], given), 5n, { ...deployment, id: "second", provider: "azure" })),
    ).toEqual([["provider:azure", 5n]]);
  });

  test("that costs nothing is free, however much was spent", () => {
    expect(chargesOf(account([payer("key", "k", budget(0n))]), 0n)).toEqual([]);
  });

  test("that nobody can price is refused where somebody has a budget, unless that is wanted", () => {
    const payers = [payer("team", "t", budget(9n))];
    expect(() => chargesOf(account(payers), null)).toThrow(
      expect.objectContaining({ status: 400, code: "unpriced_model", field: "model" }) as Error,
    );
    expect(chargesOf(account(payers, { unpriced: "allow" }), null)).toEqual([]);
    expect(chargesOf(account([payer("team", "t", {})]), null)).toEqual([]);
  });

  test("with more limits than are looked at at once is refused, rates included", () => {
    const tags = (count: number, limits: Limits) =>
      Array.from({ length: count }, (_, index) => payer("tag", `tag-${String(index)}`, limits));
    expect(chargesOf(account(tags(28, budget(9n))))).toHaveLength(28);
    expect(() => chargesOf(account(tags(29, budget(9n))))).toThrow(/more than 28 limits/);
    expect(() => chargesOf(account(tags(15, { ...budget(9n), rpm: 1 })))).toThrow(/more than 28 limits/);
    expect(() => chargesOf(account(tags(8, { rpm: 1, tpm: 1, ipm: 1, parallel: 1 })))).toThrow(
      /more than 28/,
    );
  });

  test("is paid up to a temporary increase, as long as that holds", () => {
    const limits: Limits = { ...budget(9n), temporaryIncrease: { amountNanoUsd: 4n, untilMs: nowMs + 1 } };
    const of = account([payer("key", "k", limits)]);
    const limitAt = (atMs: number) => {
      const charges = of.callCharges({ deployment, estimate: estimate(5n), nowMs: atMs });
      return charges instanceof RouterError ? undefined : charges[0]?.meter.limit;
    };
    expect([limitAt(nowMs), limitAt(nowMs + 1)]).toEqual([13n, 9n]);
  });
});

test("a request takes the rates of everybody once; of a model, the key's own go before the team's", () => {
  const payers = [
    payer("key", "k", { rpm: 3, parallel: 2, modelRpm: { edits: 1 } }),
    payer("team", "t", { ipm: 30, tpm: 1_000, modelRpm: { edits: 9, others: 1 } }),
  ];
  expect(taken(account(payers).requestCharges({ images: 4, tokens: 700 }))).toEqual([
    ["key:k/rpm", 1n],
    ["key:k/parallel", 1n],
    ["team:t/tpm", 700n],
    ["team:t/ipm", 4n],
    ["key:k/model:edits/rpm", 1n],
  ]);
});

test("what was spent is asked for by the meter", async () => {
  const of = account([payer("key", "k", budget(9n))]);
  const [charge] = chargesOf(of);
  expect(await of.spentOf(charge!.meter)).toBe(9n);
  expect(() => of.spentOf({ ...charge!.meter, key: "key:other" })).toThrow(TypeError);
});

describe("a refusal", () => {
  const refusalOf = (of: EditAccount, used: bigint, reserved: bigint): Refusal => {
    const [charge] = chargesOf(of);
    const { meter } = charge!;
    return { candidate: 0, charge: charge!, meter, used, reserved, limit: meter.limit, fitsInMs: undefined };
  };

  test("by what is only reserved may be waited for, and says what would fit now", () => {
    const of = account([payer("key", "k", budget(9n))]);
    const { error, waits } = of.refusalFor(refusalOf(of, 4n, 3n));
    expect(waits).toBe(true);
    expect(error).toMatchObject({ status: 429, type: "budget_exceeded", retryAfterMs: 1_000 });
    expect(error.message).toContain("It would fit with at most 2.");
  });

  test.each([429, 400, 422] as const)(
    "by what is spent is final, with status %d where that is wanted",
    (status) => {
      const of = account([payer("key", "k", budget(9n))], { status });
      const { error, waits } = of.refusalFor(refusalOf(of, 5n, 4n));
      expect(waits).toBe(false);
      expect(error).toMatchObject({ status, code: String(status), retryAfterMs: undefined });
      expect(error.message).not.toContain("It would fit");
    },
  );

  test("by a rate says which, and when it fits", () => {
    const of = account([payer("key", "k", { rpm: 3 })]);
    const [charge] = of.requestCharges({ images: 1, tokens: 1 });
    const refusal = {
      candidate: undefined,
      charge: charge!,
      meter: charge!.meter,
      used: 3n,
      reserved: 0n,
      limit: 3n,
    };
    const { error, waits } = of.refusalFor({ ...refusal, fitsInMs: 30_000 });
    expect(waits).toBe(false);
    expect(error).toMatchObject({
      status: 429,
      type: "throttling_error",
      retryAfterMs: 30_000,
      limitType: "requests",
    });
  });
});
