import type { Payer } from "@darkroom/accounts";
import { OpenedBudgets, type Taken, keyOf } from "./opened-budgets.test.support.js";

const noonMs = Date.UTC(2026, 10, 28, 12);
const hourMs = 3_600_000;

let budgets: OpenedBudgets;
beforeEach(async () => {
  budgets = await OpenedBudgets.open(noonMs);
});
afterEach(() => budgets.close());

const unlimited = keyOf("one", {});
const limited = (limits: Payer["limits"] = { maxBudgetNanoUsd: 1_000n }): Payer => keyOf("one", limits);

async function begun(payer: Payer, nanoUsd: bigint): Promise<Taken> {
  const taken = await budgets.admit([payer], nanoUsd);
  if (!("intent" in taken)) throw new Error("refused");
  await budgets.intend(taken);
  return taken;
}

test("a budget that is set later begins with what was spent, and with what is under way at its estimate", async () => {
  await budgets.edit([unlimited], 100n, 60n);
  const underWay = await begun(unlimited, 100n);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 160n, reserved: 0n });
  await budgets.conclude(underWay, 30n);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 90n, reserved: 0n });
});

test("what is under way is put right once, however many ask for the budget at once", async () => {
  const underWay = await begun(unlimited, 100n);
  const all = await Promise.all(Array.from({ length: 50 }, () => budgets.admit([limited()], 10n)));
  expect(all.filter((one) => "intent" in one)).toHaveLength(50);
  await budgets.conclude(underWay, 20n);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 20n, reserved: 500n });
});

test("an attempt that was admitted before the budget was set, and is sent afterwards, counts as well", async () => {
  const waiting = await budgets.admit([unlimited], 100n);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 0n });
  if (!("intent" in waiting)) throw new Error("refused");
  await budgets.intend(waiting);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 100n });
  await budgets.conclude(waiting, 40n);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 40n });
});

test("an attempt that could not be written down is not counted", async () => {
  await budgets.useOf(limited());
  const intent = budgets.intentOf("lost", 100n);
  budgets.meters.intended(intent, ["key:one"]);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 100n });
  budgets.meters.notIntended(intent);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 0n });
});

test("an attempt whose cost nobody knows stays at its estimate", async () => {
  const underWay = await begun(unlimited, 100n);
  await budgets.useOf(limited());
  await budgets.conclude(underWay, null);
  expect(await budgets.useOf(limited())).toMatchObject({ used: 100n });
});

test("what is under way when a period ends stays in that period", async () => {
  const hourly = limited({ maxBudgetNanoUsd: 1_000n, budgetDuration: "1h" });
  budgets.nowMs = noonMs + hourMs - 1;
  const underWay = await begun(hourly, 100n);
  budgets.nowMs += 1;
  expect(await budgets.useOf(hourly)).toMatchObject({ used: 0n, reserved: 0n });
  await budgets.conclude(underWay, 80n);
  expect(await budgets.useOf(hourly)).toMatchObject({ used: 0n, reserved: 0n });
  await budgets.restart();
  expect(await budgets.useOf(hourly)).toMatchObject({ used: 0n, reserved: 0n });
});

test("a period shorter than a quarter of an hour begins with nothing", async () => {
  const brief = limited({ maxBudgetNanoUsd: 1_000n, budgetDuration: "30s" });
  await budgets.edit([brief], 100n);
  expect(await budgets.useOf(brief)).toMatchObject({ used: 100n });
  budgets.nowMs += 30_000;
  expect(await budgets.useOf(brief)).toMatchObject({ used: 0n });
  await budgets.edit([brief], 70n);
  await budgets.restart();
  expect(await budgets.useOf(brief)).toMatchObject({ used: 70n });
});

test("a model's own budget counts what was spent on that model", async () => {
  await budgets.edit([unlimited], 100n);
  const ofModel = limited({ modelBudgets: { edits: { limitNanoUsd: 1_000n } } });
  expect(await budgets.useOf(ofModel)).toMatchObject({ used: 100n });
  const { payer, meter } = { payer: ofModel, meter: (await budgets.useOf(ofModel)).meter };
  const other = { ...meter, key: "key:one/model:others" } as never;
  expect(await budgets.meters.spentOf({ payer, of: "money", meter: other, model: "others" })).toBe(0n);
});

test("after a restart, attempts without an outcome count at their estimates", async () => {
  await begun(limited(), 100n);
  await budgets.edit([limited()], 100n, 10n);
  await budgets.restart();
  expect(await budgets.useOf(limited())).toMatchObject({ used: 110n, reserved: 0n });
});

describe("a cost that is settled by hand", () => {
  const settle = (attemptId: string, costNanoUsd: bigint) =>
    budgets.books.ledger.settle({ attemptId, costNanoUsd, by: "ann", note: "by the invoice" });

  test("reaches a budget that counts already", async () => {
    const taken = await begun(limited(), 100n);
    await budgets.conclude(taken, null);
    expect(await budgets.useOf(limited())).toMatchObject({ used: 100n });
    await settle(taken.intent.attemptId, 30n);
    expect(await budgets.useOf(limited())).toMatchObject({ used: 30n });
    await settle(taken.intent.attemptId, 45n);
    expect(await budgets.useOf(limited())).toMatchObject({ used: 45n });
  });

  test("counts once for a budget that is looked up meanwhile or later", async () => {
    const taken = await begun(unlimited, 100n);
    await budgets.conclude(taken, null);
    const [, use] = await Promise.all([settle(taken.intent.attemptId, 30n), budgets.useOf(limited())]);
    expect([30n, 100n]).toContain(use.used);
    expect(await budgets.useOf(limited())).toMatchObject({ used: 30n });
  });

  test("leaves the budget of another period alone", async () => {
    const hourly = limited({ maxBudgetNanoUsd: 1_000n, budgetDuration: "1h" });
    const taken = await begun(hourly, 100n);
    await budgets.conclude(taken, null);
    budgets.nowMs += hourMs;
    await budgets.edit([hourly], 50n);
    await settle(taken.intent.attemptId, 0n);
    expect(await budgets.useOf(hourly)).toMatchObject({ used: 50n });
  });
});

describe("a rolling window", () => {
  const daily = limited({ maxBudgetNanoUsd: 1_000n, budgetDuration: "24h" });

  beforeEach(async () => {
    await budgets.close();
    budgets = await OpenedBudgets.open(noonMs, { reset: "rolling" });
  });

  test("lets go of what was spent in its time, after a restart as well", async () => {
    await budgets.edit([daily], 100n);
    budgets.nowMs += 20 * hourMs;
    await budgets.edit([daily], 10n);
    await budgets.restart();
    expect(await budgets.useOf(daily)).toMatchObject({ used: 110n });
    budgets.nowMs += 6 * hourMs;
    expect(await budgets.useOf(daily)).toMatchObject({ used: 10n });
    budgets.nowMs += 20 * hourMs;
    expect(await budgets.useOf(daily)).toMatchObject({ used: 0n });
  });

  test("has no hole where a budget is set while attempts are under way", async () => {
    const underWay = await begun(unlimited, 100n);
    budgets.nowMs += hourMs;
    expect(await budgets.useOf(daily)).toMatchObject({ used: 100n });
    await budgets.conclude(underWay, 20n);
    expect(await budgets.useOf(daily)).toMatchObject({ used: 20n });
  });
});
