import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { intentOf, outcomeOf, requestOf, startMs } from "../journal/records.test.support.js";
import { Journal } from "../journal/journal.js";
import { spendPeriodAt } from "../budgets/spend-period.js";
import { dayOf } from "./applying/daily-changes.js";
import { Ledger } from "./ledger.js";

const dayMs = 86_400_000;
let journal: Journal;
let ledger: Ledger;
let folder: string;

beforeEach(async () => {
  folder = temporaryFolder();
  await open();
});

afterEach(close);
afterAll(removeTemporaryFolders);

async function open(nowMs = startMs, keepMs?: number): Promise<void> {
  journal = await Journal.open({ folder });
  const retention = keepMs === undefined ? {} : { retention: { keepMs, everyMs: dayMs } };
  ledger = await Ledger.open({ folder, journal, now: () => nowMs, ...retention });
}

async function close(): Promise<void> {
  await ledger.close();
  await journal.close();
}

async function attempt(attemptId: string, atMs: number, state: "certain" | "uncertain"): Promise<void> {
  const charges = [{ meter: "team:red", period: spendPeriodAt(atMs) }];
  await journal.intend(intentOf(attemptId, { atMs, requestId: attemptId, charges }));
  await journal.conclude(outcomeOf(attemptId, { atMs: atMs + 1, state, costNanoUsd: 42n }));
  journal.note("request", requestOf(attemptId, { startedAtMs: atMs, endedAtMs: atMs + 1 }));
}

const attemptIds = async (): Promise<string[]> =>
  (await ledger.reports.attempts({}, { limit: 1_000 })).rows.map(({ attemptId }) => attemptId);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

it("deletes what is old, but nothing that is uncertain, and keeps every sum", async () => {
  await attempt("old", startMs, "certain");
  await attempt("unsure", startMs, "uncertain");
  await attempt("new", startMs + 2 * dayMs, "certain");
  await ledger.catchUp();
  const spend = await ledger.reports.spend({});
  const days = await ledger.reports.dailySpend({ scope: "team" }, ["day", "id"]);
  expect(days).toMatchObject([
    { day: dayOf(startMs), id: "red", certainNanoUsd: 42n, uncertainNanoUsd: 42n, attempts: 2, succeeded: 1 },
    { day: dayOf(startMs + 2 * dayMs), id: "red", certainNanoUsd: 42n, uncertainNanoUsd: 0n, attempts: 1 },
  ]);

  await close();
  await open(startMs + 3 * dayMs, 2 * dayMs);
  await until(async () => (await ledger.reports.deleted()).attempts === 1);
  expect(await attemptIds()).toEqual(["new", "unsure"]);
  expect(await ledger.reports.deleted()).toEqual({
    beforeMs: startMs + dayMs,
    attempts: 1,
    costNanoUsd: 42n,
  });
  expect((await ledger.reports.requests({}, { limit: 10 })).rows.map(({ requestId }) => requestId)).toEqual([
    "new",
  ]);
  expect(await ledger.reports.spend({})).toEqual(spend);
  expect(await ledger.reports.dailySpend({ scope: "team" }, ["day", "id"])).toEqual(days);

  // What stayed can be settled, and moves the sums of its own day.
  await ledger.settle({ attemptId: "unsure", costNanoUsd: 2n, by: "ann", note: "by the invoice" });
  expect(await ledger.reports.dailySpend({ scope: "team" }, [])).toMatchObject([
    { certainNanoUsd: 86n, uncertainNanoUsd: 0n, attempts: 3 },
  ]);
});

it("tells too much of a span that begins within a quarter of an hour of which rows were deleted, and never too little", async () => {
  await attempt("first", startMs + 1, "certain");
  await attempt("second", startMs + 60_000, "certain");
  await ledger.catchUp();
  const spent = async (fromMs: number): Promise<bigint> =>
    (await ledger.reports.spentIn("team:red", { fromMs })).nanoUsd;
  expect(await spent(startMs + 30_000)).toBe(42n);
  ledger.deleteBefore(startMs + dayMs);
  await until(async () => (await ledger.reports.deleted()).attempts === 2);
  expect(await spent(startMs + 30_000)).toBe(84n);
});

it("deletes any number, and applies what comes in the meantime", async () => {
  await Promise.all(
    Array.from({ length: 2_500 }, (_, index) => attempt(`old-${index}`, startMs + index, "certain")),
  );
  await ledger.catchUp();
  ledger.deleteBefore(startMs + dayMs);
  await attempt("new", startMs + 2 * dayMs, "certain");
  await ledger.catchUp();
  await until(async () => (await ledger.reports.deleted()).attempts === 2_500);
  expect(await attemptIds()).toEqual(["new"]);
  expect(await ledger.reports.dailySpend({ scope: "team" }, [])).toMatchObject([
    { certainNanoUsd: 2_501n * 42n, attempts: 2_501 },
  ]);
});
