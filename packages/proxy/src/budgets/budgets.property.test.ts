import type { Payer } from "@darkroom/accounts";
import fc from "fast-check";
import { OpenedBudgets, type Taken, keyOf } from "./opened-budgets.test.support.js";

const startMs = Date.UTC(2026, 9, 24, 21);

/** Of the key for every hour, and of all keys together for each day by the clocks of Berlin, whose summer time ends in the first night. */
const one = keyOf("one", { maxBudgetNanoUsd: 1_000n, budgetDuration: "1h" });
const other = keyOf("other", { maxBudgetNanoUsd: 700n, budgetDuration: "45s" });
const proxy: Payer = {
  scope: "proxy",
  id: "",
  meter: "proxy",
  limits: { maxBudgetNanoUsd: 2_500n, budgetDuration: "1d" },
};
const payers = [one, other, proxy];

interface Attempt {
  readonly taken: Taken;
  readonly estimate: bigint;
  /** Undefined as long as it is under way. */
  cost?: bigint;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("admit"),
      of: fc.constantFrom(one, other),
      share: fc.nat({ max: 400 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("conclude"), which: fc.nat(), share: fc.nat({ max: 100 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose sight"), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("settle by hand"), which: fc.nat(), share: fc.nat({ max: 100 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass"),
      ms: fc.constantFrom(1, 20_000, 45_000, 1_700_000, 20 * 3_600_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash") }) },
) as fc.Arbitrary<{ do: string; of?: Payer; which?: number; share?: number; ms?: number }>;

test("whatever happens, what is spent and reserved is within every budget, and nothing that fits is refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 50 }), async (steps) => {
      const budgets = await OpenedBudgets.open(startMs, { timeZone: "Europe/Berlin" });
      try {
        await play(budgets, steps);
      } finally {
        await budgets.close();
      }
    }),
    // Each step may wait for the disk: shrinking would take minutes.
    { numRuns: 5, endOnFailure: true },
  );
}, 180_000);

async function play(
  budgets: OpenedBudgets,
  steps: readonly { do: string; of?: Payer; which?: number; share?: number; ms?: number }[],
): Promise<void> {
  let attempts: Attempt[] = [];
  const uncertain: Attempt[] = [];

  /** What truly counts of a budget now. */
  const takenOf = (payer: Payer): bigint => {
    const window = budgets.calendar.windowAt(payer.limits.budgetDuration, budgets.nowMs);
    if (window.kind !== "period") throw new TypeError("not a period");
    return attempts
      .filter(
        ({ taken: { intent, payers: charged } }) => charged.includes(payer) && intent.atMs >= window.startMs,
      )
      .reduce((sum, { cost, estimate }) => sum + (cost ?? estimate), 0n);
  };
  const pick = (all: readonly Attempt[], which = 0): Attempt | undefined =>
    all[which % Math.max(1, all.length)];

  for (const { do: what, of = one, which, share = 0, ms = 0 } of steps) {
    const open = attempts.filter(({ cost }) => cost === undefined);
    if (what === "pass") budgets.nowMs += ms;
    if (what === "admit") {
      const estimate = BigInt(share + 1);
      const fits = [of, proxy].every(
        (payer) => takenOf(payer) + estimate <= (payer.limits.maxBudgetNanoUsd ?? 0n),
      );
      const taken = await budgets.admit([of, proxy], estimate);
      expect("intent" in taken).toBe(fits);
      if ("intent" in taken) {
        await budgets.intend(taken);
        attempts.push({ taken, estimate });
      }
    }
    const chosen = pick(open, which);
    if (what === "conclude" && chosen !== undefined) {
      chosen.cost = (chosen.estimate * BigInt(share)) / 100n;
      await budgets.conclude(chosen.taken, chosen.cost);
    }
    if (what === "lose sight" && chosen !== undefined) {
      await budgets.conclude(chosen.taken, null);
      chosen.cost = chosen.estimate;
      uncertain.push(chosen);
    }
    const unknown = pick(uncertain, which);
    if (what === "settle by hand" && unknown !== undefined) {
      unknown.cost = (unknown.estimate * BigInt(share)) / 100n;
      const { attemptId } = unknown.taken.intent;
      await budgets.books.ledger.settle({
        attemptId,
        costNanoUsd: unknown.cost,
        by: "ann",
        note: "so says the bill",
      });
    }
    if (what === "crash") {
      await budgets.restart();
      for (const lost of open) lost.cost = lost.estimate;
      uncertain.push(...open);
    }
    for (const payer of payers) {
      const { used, reserved, limit } = await budgets.useOf(payer);
      expect(used + reserved).toBe(takenOf(payer));
      expect(used + reserved <= limit).toBe(true);
    }
    // Long over: their periods never come again.
    attempts = attempts.filter(
      ({ taken: { intent }, cost }) => cost === undefined || intent.atMs > budgets.nowMs - 3 * 86_400_000,
    );
  }
}
