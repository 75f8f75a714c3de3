import type { Payer } from "@darkroom/accounts";
import { OpenedBudgets, keyOf } from "./opened-budgets.test.support.js";
import { type CrossedBudget, SoftBudgets } from "./soft-budgets.js";
import { until } from "../system/until.js";

const noonMs = Date.UTC(2026, 10, 28, 12);
const payer = keyOf("one", { softBudgetNanoUsd: 100n, budgetDuration: "1h" });

let budgets: OpenedBudgets;
let told: CrossedBudget[];
let looks: number;

/** Has every attempt looked at, as a gateway does. */
function follow(): void {
  const { books, calendar } = budgets;
  const { ledger } = books;
  const counting = {
    catchUp: () => ledger.catchUp(),
    reports: {
      spentIn: async (...asked: Parameters<typeof ledger.reports.spentIn>) => {
        const spent = await ledger.reports.spentIn(...asked);
        setImmediate(() => (looks += 1));
        return spent;
      },
    } as typeof ledger.reports,
  };
  const soft = new SoftBudgets(
    { ledger: counting },
    calendar,
    () => budgets.nowMs,
    (crossed) => told.push(crossed),
  );
  books.attempts.follow({
    intended: ({ request }) => soft.watch(request, [payer]),
    notIntended: () => undefined,
    concluded: (outcome) => soft.concluded(outcome),
  });
}

/** Makes an edit that costs so much, and waits until it was looked at. */
async function spend(nanoUsd: bigint, by: readonly Payer[] = [payer]): Promise<void> {
  const before = looks;
  await budgets.edit(by, nanoUsd);
  await until(() => looks > before);
}

beforeEach(async () => {
  told = [];
  looks = 0;
  budgets = await OpenedBudgets.open(noonMs);
  follow();
});
afterEach(() => budgets.close());

test("is told of once in each period, as soon as more is spent", async () => {
  await spend(100n);
  expect(told).toEqual([]);
  await spend(1n);
  expect(told).toEqual([{ payer, softBudgetNanoUsd: 100n, spentNanoUsd: 101n }]);
  await spend(500n);
  expect(told).toHaveLength(1);
  budgets.nowMs += 3_600_000;
  await spend(60n);
  expect(told).toHaveLength(1);
  await spend(60n);
  expect(told).toHaveLength(2);
});

test("is not told of again by a process that finds it crossed", async () => {
  await spend(101n);
  await budgets.restart();
  follow();
  await spend(1n);
  expect(told).toHaveLength(1);
});

test("is told of where many end at once", async () => {
  await Promise.all(Array.from({ length: 20 }, () => budgets.edit([payer], 9n)));
  await until(() => told.length > 0);
  expect(told).toHaveLength(1);
});
