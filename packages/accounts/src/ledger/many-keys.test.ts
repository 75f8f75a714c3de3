import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { intentOf, outcomeOf, startMs } from "../journal/records.test.support.js";
import { Journal } from "../journal/journal.js";
import { spendPeriodAt } from "../budgets/spend-period.js";
import { Ledger } from "./ledger.js";

afterAll(removeTemporaryFolders);

const total = (amounts: readonly { readonly certainNanoUsd: bigint }[]): bigint =>
  amounts.reduce((sum, { certainNanoUsd }) => sum + certainNanoUsd, 0n);

it("sums up a thousand keys that spend at once: each has its sum, and all sums are those of the rows", async () => {
  const folder = temporaryFolder();
  const journal = await Journal.open({ folder });
  const ledger = await Ledger.open({ folder, journal });
  const keys = Array.from({ length: 1_000 }, (_, index) => ({
    id: `k${index}`,
    teamId: `t${index % 7}`,
    // Of all sizes, such that no two keys have spent the same, and no float could hold their sum.
    nanoUsd: 2n ** 50n + BigInt(index) ** 3n + 1n,
  }));
  const period = spendPeriodAt(startMs);
  await Promise.all(
    keys.map(async ({ id, teamId, nanoUsd }) => {
      const meters = [`key:${id}`, `team:${teamId}`, "proxy"];
      const charges = [...meters, `key:${id}/model:edits`].map((meter) => ({ meter, period }));
      await journal.intend(intentOf(id, { charges }));
      await journal.conclude(outcomeOf(id, { costNanoUsd: nanoUsd }));
    }),
  );
  await ledger.catchUp();
  const { reports } = ledger;

  const ofKeys = await reports.dailySpend({ scope: "key" }, ["id"]);
  expect(new Map(ofKeys.map(({ id, certainNanoUsd }) => [id, certainNanoUsd]))).toEqual(
    new Map(keys.map(({ id, nanoUsd }) => [id, nanoUsd])),
  );
  const rows = (await reports.sum({})).certainNanoUsd;
  expect(rows).toBe(keys.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n));
  const ofTeams = await reports.dailySpend({ scope: "team" }, ["id"]);
  expect(ofTeams).toHaveLength(7);
  expect([total(ofKeys), total(ofTeams)]).toEqual([rows, rows]);

  const spend = await reports.spend({ period });
  const ofScope = (scope: string) =>
    spend.filter(({ meter }) => meter.startsWith(scope) && !meter.includes("/model:"));
  expect(ofScope("key:")).toHaveLength(1_000);
  expect([total(ofScope("key:")), total(ofScope("team:")), total(ofScope("proxy"))]).toEqual([
    rows,
    rows,
    rows,
  ]);
  await ledger.close();
  await journal.close();
});
