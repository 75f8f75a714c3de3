import type { LedgerAttempt } from "../ledger/reports/rows.js";
import type { BillItem } from "./bill.js";
import { imageItems, reconcileDays } from "./reconcile-days.js";

const noon = Date.UTC(2026, 10, 1, 12);
const options = { projects: [], items: imageItems, nowMs: Date.UTC(2026, 10, 3) };

interface Given {
  readonly model?: string;
  readonly atMs?: number;
}

let count = 0;
const attempt = (
  state: "certain" | "uncertain",
  costNanoUsd: bigint | null,
  given: Given = {},
): LedgerAttempt => {
  count += 1;
  const attemptId = `attempt-${count}`;
  return {
    attemptId,
    requestId: "r",
    atMs: noon,
    model: "gpt-image-1",
    state,
    costNanoUsd,
    ...given,
  } as LedgerAttempt;
};

async function* each(attempts: readonly LedgerAttempt[]): AsyncGenerator<LedgerAttempt> {
  yield* attempts;
}

const item = (nanoUsd: bigint, given: Partial<BillItem> = {}): BillItem => ({
  day: "2026-11-01",
  nanoUsd,
  ...given,
});

const reconciled = (attempts: readonly LedgerAttempt[], items: readonly BillItem[], given: object = {}) =>
  reconcileDays(each(attempts), items, { ...options, ...given });

test.each([
  ["a bill within bounds is met to the nano-dollar", 131n, [10n, 21n], 0n],
  ["a bill below what is certain settles at nothing", 90n, [0n, 0n], -10n],
  ["a bill beyond all bounds settles at all of them", 200n, [20n, 40n], 40n],
])("%s", async (_, bill, costs, difference) => {
  const found = await reconciled(
    [attempt("certain", 100n), attempt("uncertain", 20n), attempt("uncertain", 40n)],
    [item(bill)],
  );
  expect(found.settlements.map(({ costNanoUsd }) => costNanoUsd)).toEqual(costs);
  expect(found.rows).toMatchObject([
    { certainNanoUsd: 100n, uncertainNanoUsd: 60n, differenceNanoUsd: difference },
  ]);
});

test("models are told apart where every item of the day names one", async () => {
  const attempts = [
    attempt("uncertain", 50n),
    attempt("uncertain", 50n, { model: "openai/gpt-image-1.5-2026-01-01" }),
    attempt("certain", 7n, { model: "gpt-image-1.5" }),
  ];
  const items = [
    item(10n, { item: "gpt-image-1, image input" }),
    item(5n, { item: "gpt-image-1, image output" }),
    item(27n, { item: "gpt-image-1.5, image output" }),
  ];
  const { rows, settlements } = await reconciled(attempts, items);
  expect(rows).toMatchObject([
    { model: "gpt-image-1", billNanoUsd: 15n, settledNanoUsd: 15n, differenceNanoUsd: 0n },
    { model: "gpt-image-1.5", billNanoUsd: 27n, settledNanoUsd: 20n, differenceNanoUsd: 0n },
  ]);
  expect(settlements.map(({ costNanoUsd }) => costNanoUsd)).toEqual([20n, 15n]);
});

test("items of other models and projects are left aside, and named", async () => {
  const items = [
    item(30n, { item: "gpt-image-1, image output", project: "proj_a" }),
    item(40n, { item: "gpt-image-1, image output", project: "proj_b" }),
    item(99n, { item: "gpt-5, input", project: "proj_a" }),
  ];
  const { rows, leftAside } = await reconciled([attempt("certain", 30n)], items, { projects: ["proj_a"] });
  expect(rows).toMatchObject([{ billNanoUsd: 30n, differenceNanoUsd: 0n }]);
  expect(leftAside).toEqual([
    { item: "gpt-image-1, image output", nanoUsd: 40n },
    { item: "gpt-5, input", nanoUsd: 99n },
  ]);
});

test("a day that has not ended, one that the bill has not, and what has no bound stay uncertain", async () => {
  const attempts = [
    attempt("uncertain", 5n),
    attempt("uncertain", 5n, { atMs: noon + 86_400_000 }),
    attempt("uncertain", null),
  ];
  const running = await reconciled(attempts, [item(9n)], { nowMs: noon });
  expect(running).toMatchObject({ settlements: [], stillUncertain: 2 });
  const ended = await reconciled(attempts, [item(9n)]);
  expect(ended.settlements).toMatchObject([{ attemptId: attempts[0]?.attemptId, costNanoUsd: 5n }]);
  expect(ended.stillUncertain).toBe(1);
});
