import { describeWithPostgres } from "../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../database/postgres/open-postgres.js";
import { PostgresServer } from "../database/postgres/postgres-server.test.support.js";
import type { PostgresSettings } from "../database/postgres/postgres-settings.js";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { intentOf, outcomeOf, startMs } from "../journal/records.test.support.js";
import { Journal } from "../journal/journal.js";
import { spendPeriodAt } from "../budgets/spend-period.js";
import { Ledger } from "./ledger.js";

afterAll(removeTemporaryFolders);

const keys = Array.from({ length: 1_000 }, (_, index) => ({
  id: `k${index}`,
  teamId: `t${index % 7}`,
  // Of all sizes, such that no two keys have spent the same, and no float could hold their sum.
  nanoUsd: 2n ** 50n + BigInt(index) ** 3n + 1n,
}));
const period = spendPeriodAt(startMs);

const total = (amounts: readonly { readonly certainNanoUsd: bigint }[]): bigint =>
  amounts.reduce((sum, { certainNanoUsd }) => sum + certainNanoUsd, 0n);

interface OpenBooks {
  readonly journal: Journal;
  readonly ledger: Ledger;
}

async function openBooks(postgres?: PostgresSettings): Promise<OpenBooks> {
  const folder = temporaryFolder();
  const journal = await Journal.open({ folder });
  const ledger = await Ledger.open({ folder, journal, ...(postgres !== undefined && { postgres }) });
  return { journal, ledger };
}

/** Each key spends once, at one of the gateways; all of them at once. */
async function spendAtOnce(gateways: readonly OpenBooks[]): Promise<void> {
  await Promise.all(
    keys.map(async ({ id, teamId, nanoUsd }, index) => {
      const { journal } = gateways[index % gateways.length]!;
      const meters = [`key:${id}`, `team:${teamId}`, "proxy"];
      const charges = [...meters, `key:${id}/model:edits`].map((meter) => ({ meter, period }));
      await journal.intend(intentOf(id, { charges }));
      await journal.conclude(outcomeOf(id, { costNanoUsd: nanoUsd }));
    }),
  );
  for (const { ledger } of gateways) await ledger.catchUp();
}

async function expectExactSums({ reports }: Ledger): Promise<void> {
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
}

async function close(gateways: readonly OpenBooks[]): Promise<void> {
  for (const { ledger, journal } of gateways) {
    await ledger.close();
    await journal.close();
  }
}

it("sums up a thousand keys that spend at once: each has its sum, and all sums are those of the rows", async () => {
  const books = await openBooks();
  await spendAtOnce([books]);
  await expectExactSums(books.ledger);
  await close([books]);
});

describeWithPostgres("in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  it("sums up the same where they spend at two gateways, whose teams and days are one row each", async () => {
    const settings = server.settings();
    await preparePostgres(settings);
    const gateways = [await openBooks(settings), await openBooks(settings)];
    await spendAtOnce(gateways);
    for (const { ledger } of gateways) await expectExactSums(ledger);
    await close(gateways);
  }, 60_000);
});
