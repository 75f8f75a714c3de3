import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeWithPostgres } from "../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../database/postgres/open-postgres.js";
import { type PostgresSettings, postgresName } from "../database/postgres/postgres-settings.js";
import { PostgresServer } from "../database/postgres/postgres-server.test.support.js";
import { Directory } from "../directory/directory.js";
import { createKey } from "../directory/keys.js";
import { SharedFeed } from "../directory/shared-feed.js";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { Journal } from "../journal/journal.js";
import { intentOf, outcomeOf, requestOf, startMs } from "../journal/records.test.support.js";
import { Ledger } from "../ledger/ledger.js";
import type { LedgerReports } from "../ledger/reports/reports.js";
import { writeMark } from "./mark.js";
import { moveBooks } from "./move-books.js";
import { hasUnmovedBooks } from "./unmoved-books.js";

describeWithPostgres("moving the books of a folder to PostgreSQL", () => {
  let server: PostgresServer;
  let folder: string;
  let postgres: PostgresSettings;
  let schemas = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  beforeEach(async () => {
    folder = temporaryFolder();
    postgres = server.settings(`moved_${(schemas += 1)}`);
    await fill();
  });
  afterAll(async () => {
    await server.stop();
    removeTemporaryFolders();
  });

  async function withLedger<Result>(
    target: PostgresSettings | undefined,
    use: (ledger: Ledger, journal: Journal) => Promise<Result>,
  ): Promise<Result> {
    const journal = await Journal.open({ folder, now: () => startMs + 1_000 });
    try {
      const ledger = await Ledger.open({
        folder,
        journal,
        now: () => startMs + 2_000,
        ...(target !== undefined && { postgres: target }),
      });
      try {
        return await use(ledger, journal);
      } finally {
        await ledger.close();
      }
    } finally {
      await journal.close();
    }
  }

  async function attempt(journal: Journal, attemptId: string, outcome: object = {}): Promise<void> {
    await journal.intend(intentOf(attemptId, { estimateNanoUsd: 700n }));
    await journal.conclude(outcomeOf(attemptId, outcome));
  }

  /** Something in every table, more of it than goes at once, and amounts that no float holds. */
  async function fill(): Promise<void> {
    await withLedger(undefined, async (ledger, journal) => {
      await Promise.all(
        Array.from({ length: 1_234 }, (_, index) =>
          attempt(journal, `many-${index}`, { costNanoUsd: index === 0 ? 2n ** 53n + 1n : BigInt(index) }),
        ),
      );
      await attempt(journal, "unsettled", { state: "uncertain", costNanoUsd: 250n, reason: "cut\0off" });
      await attempt(journal, "settled", { state: "uncertain", costNanoUsd: 250n, reason: "reset" });
      journal.note("request", requestOf("request-of-settled"));
      await journal.carry({
        ...{ source: "litellm", meter: "team:red", period: "2026-01-01T00:00", nanoUsd: 5n },
        ...{ atMs: startMs, by: "ann" },
      });
      await ledger.settle({ attemptId: "settled", costNanoUsd: 100n, by: "ann", note: "by the invoice" });
      // Written down, and not applied yet, when the gateway ends.
      await attempt(journal, "last", { costNanoUsd: 9n });
    });
    const directory = Directory.open({ folder });
    await directory.change("ann", (change) =>
      createKey(
        change,
        {
          ...{ alias: "zoë's", blocked: false, models: [], aliases: {}, tags: [], metadata: {} },
          limits: { maxBudgetNanoUsd: 2n ** 53n + 1n },
        },
        "sk-kept-as-it-is",
      ),
    );
    await directory.noteCustomers(["zoe"]);
    await directory.close();
  }

  const told = async (reports: LedgerReports): Promise<unknown[]> => [
    await reports.sum({}),
    await reports.spend({}),
    await reports.dailySpend({ scope: "team" }, ["day", "id", "keyId", "model"]),
    await reports.carriedSpend(),
    await reports.explain("request-of-settled"),
    (await reports.attempts({}, { limit: 5_000 })).rows.map(({ attemptId, costNanoUsd }) => [
      attemptId,
      costNanoUsd,
    ]),
  ];

  test("reports say the same, keys are there, and the journal goes on", async () => {
    const before = await withLedger(undefined, async (ledger) => {
      await ledger.catchUp();
      return told(ledger.reports);
    });
    expect(hasUnmovedBooks(folder)).toBe(true);
    const { wasThere, figures } = await moveBooks({ folder, postgres });
    expect([wasThere, figures.get("attempts")?.rows, figures.get("keys")?.rows]).toEqual([false, 1_237, 1]);
    expect(hasUnmovedBooks(folder)).toBe(false);
    await withLedger(postgres, async (ledger, journal) => {
      await ledger.catchUp();
      expect(await told(ledger.reports)).toEqual(before);
      await attempt(journal, "later", { costNanoUsd: 11n });
      await ledger.catchUp();
      expect((await ledger.reports.sum({})).rows).toBe(1_238);
      expect(ledger.setAsideCount).toBe(0);
    });
    const directory = await Directory.connect({ postgres, feed: new SharedFeed() });
    const [key] = await directory.read.keys.find({});
    expect(key).toMatchObject({ alias: "zoë's", limits: { maxBudgetNanoUsd: 2n ** 53n + 1n } });
    expect(await directory.read.customers.count({})).toBe(1);
    expect(await directory.version()).toBe(1);
    expect((await directory.audit({ limit: 10 })).map(({ changedBy }) => changedBy)).toEqual(["ann", "ann"]);
    await directory.close();
    await expect(withLedger(undefined, () => Promise.resolve())).rejects.toThrow(
      "belongs to the ledger in another",
    );
  });

  test("a move that fails changes nothing, and can be begun again", async () => {
    await preparePostgres(postgres);
    await server.query(`
      CREATE FUNCTION ${postgres.schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
      CREATE TRIGGER failing BEFORE INSERT ON ${postgres.schema}.spend FOR EACH ROW EXECUTE FUNCTION ${postgres.schema}.fail()`);
    await expect(moveBooks({ folder, postgres })).rejects.toThrow("no");
    expect(await server.query(`SELECT 1 FROM ${postgres.schema}.attempts`)).toEqual([]);
    expect(existsSync(join(folder, "ledger-is-elsewhere.txt"))).toBe(false);
    await withLedger(undefined, (ledger) => ledger.catchUp());
    await server.query(`DROP TRIGGER failing ON ${postgres.schema}.spend`);
    expect((await moveBooks({ folder, postgres })).wasThere).toBe(false);
  });

  test("what was broken off just before its end is done anew, and just behind it found done", async () => {
    const underWay = { place: postgresName(postgres), state: "under way" } as const;
    writeMark(folder, underWay);
    expect(hasUnmovedBooks(folder)).toBe(true);
    await expect(withLedger(undefined, () => Promise.resolve())).rejects.toThrow("in another place");
    const first = await moveBooks({ folder, postgres });
    expect(first.wasThere).toBe(false);
    writeMark(folder, underWay);
    expect(hasUnmovedBooks(folder)).toBe(true);
    expect(await moveBooks({ folder, postgres })).toEqual({ wasThere: true, figures: first.figures });
    expect(hasUnmovedBooks(folder)).toBe(false);
  });

  test("books that have gone on are not taken for the folder's", async () => {
    await moveBooks({ folder, postgres });
    await withLedger(postgres, async (ledger, journal) => {
      await attempt(journal, "later");
      await ledger.catchUp();
    });
    await expect(moveBooks({ folder, postgres })).rejects.toThrow("is not empty");
    await expect(moveBooks({ folder, postgres: server.settings("other") })).rejects.toThrow(
      `are in another place already: ${postgresName(postgres)}`,
    );
  });

  test.each([
    ["a directory", "UPDATE state SET version = 1"],
    ["a ledger", "INSERT INTO spend VALUES ('proxy', '2026-01', 1, 0, 1)"],
  ])("%s that is not empty stays as it is", async (_, statement) => {
    await preparePostgres(postgres);
    await server.query(`SET search_path = ${postgres.schema}; ${statement}`);
    await expect(moveBooks({ folder, postgres })).rejects.toThrow("is not empty");
    expect(await server.query(`SELECT 1 FROM ${postgres.schema}.attempts`)).toEqual([]);
    await withLedger(undefined, (ledger) => ledger.catchUp());
  });

  test("a folder without anything has nothing that could be lost", async () => {
    folder = temporaryFolder();
    expect(hasUnmovedBooks(folder)).toBe(false);
    await withLedger(undefined, (ledger) => ledger.catchUp());
    expect(hasUnmovedBooks(folder)).toBe(false);
  });
});
