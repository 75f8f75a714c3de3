import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { JournalFile, attemptEntry, correctionOf } from "../journal-file.test.support.js";
import { Ledger } from "../ledger.js";
import { spendPeriodAt } from "../../budgets/spend-period.js";

const at = (time: string): number => Date.parse(`2026-11-28T${time}Z`);

let journal: JournalFile;
let ledger: Ledger;

const spend = (
  attemptId: string,
  time: string,
  costNanoUsd: bigint | null,
  state = "certain",
  meter = "team:red",
) => {
  const charges = [
    { meter: "proxy", period: spendPeriodAt(at(time)) },
    { meter, period: spendPeriodAt(at(time)) },
  ];
  const outcome = { costNanoUsd, state } as Parameters<typeof attemptEntry>[2];
  journal.append("outcome", attemptEntry(attemptId, { atMs: at(time), charges }, outcome));
};

beforeAll(async () => {
  const folder = temporaryFolder();
  journal = new JournalFile(folder);
  spend("a", "11:59:59.999", 1n);
  spend("b", "12:00:00", 10n);
  spend("c", "12:07:00", 100n, "uncertain");
  spend("d", "12:15:00", 1_000n);
  spend("e", "12:44:59.999", 10_000n);
  spend("f", "12:45:00", 100_000n);
  spend("unknown", "12:20:00", null, "uncertain");
  spend("unsure", "14:07:00", 9n, "uncertain", "team:unsure");
  spend("unsure too", "14:20:00", 20n, "uncertain", "team:unsure");
  spend("sure", "14:21:00", 300n, "certain", "team:unsure");
  spend("other", "12:20:00", 7n, "certain", "team:blue");
  journal.append("correction", correctionOf("c", { costNanoUsd: 60n, differenceNanoUsd: -40n }));
  const correct = () => Promise.reject(new Error("nothing is corrected"));
  ledger = await Ledger.open({
    folder,
    journal: { id: "journal-1", committed: journal.committed, prune: () => undefined, correct, carry: correct },
  });
  await ledger.catchUp();
});
afterAll(async () => {
  await ledger.close();
  journal.close();
  removeTemporaryFolders();
});

it.each([
  ["whole quarters of an hour", "12:00:00", "12:45:00", 11_070n],
  ["its first moment, and not its last", "12:07:00", "12:44:59.999", 1_060n],
  ["edges within one quarter", "12:06:00", "12:08:00", 60n],
  ["what begins within a quarter", "12:07:00.001", "12:45:00", 11_000n],
  ["what ends within a quarter", "12:00:00", "12:44:59.999", 1_070n],
  ["nothing", "13:00:00", "13:30:00", 0n],
])("sums up %s", async (_, from, until, nanoUsd) => {
  const span = { fromMs: at(from), untilMs: at(until) };
  expect(await ledger.reports.spentIn("team:red", span)).toMatchObject({ nanoUsd, sequence: 12 });
});

it("without an end takes all that came later", async () => {
  expect(await ledger.reports.spentIn("team:red", { fromMs: at("12:07:00") })).toMatchObject({
    nanoUsd: 111_060n,
  });
  expect(await ledger.reports.spentIn("team:red", { fromMs: 0 })).toMatchObject({ nanoUsd: 111_071n });
  expect(await ledger.reports.spentIn("proxy", { fromMs: 0 })).toMatchObject({ nanoUsd: 111_407n });
});

it("is nothing for whoever was never charged", async () => {
  expect(await ledger.reports.spentIn("team:green", { fromMs: 0 })).toEqual({
    nanoUsd: 0n,
    uncertainNanoUsd: 0n,
    sequence: 12,
  });
});

it("tells what of it nobody knows for sure, at the edges of a span as well", async () => {
  const spentFrom = (time: string) => ledger.reports.spentIn("team:unsure", { fromMs: at(time) });
  expect(await spentFrom("14:07:00")).toMatchObject({ nanoUsd: 329n, uncertainNanoUsd: 29n });
  expect(await spentFrom("14:08:00")).toMatchObject({ nanoUsd: 320n, uncertainNanoUsd: 20n });
});
