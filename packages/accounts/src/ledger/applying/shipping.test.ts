import { Client } from "pg";
import { describeWithPostgres } from "../../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../../database/postgres/open-postgres.js";
import { PostgresServer } from "../../database/postgres/postgres-server.test.support.js";
import type { PostgresSettings } from "../../database/postgres/postgres-settings.js";
import { PostgresStatements } from "../../database/postgres/postgres-statements.js";
import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { requestOf } from "../../journal/records.test.support.js";
import { JournalFile, attemptEntry, correctionOf } from "../journal-file.test.support.js";
import { Reports } from "../reports/reports.js";
import { Applier } from "./applier.js";
import { Follower, type FollowerReport } from "./follower.js";
import { entry } from "./opened-ledger.test.support.js";
import type { JournalEntry } from "./read-entry.js";

afterAll(removeTemporaryFolders);

/** Resolves when somebody waits for what another transaction holds. */
async function waitsForLock(server: PostgresServer): Promise<void> {
  for (;;) {
    const waiting = await server.query(
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'darkroom'",
    );
    if (waiting.length > 0) return;
  }
}

describeWithPostgres("shipping to a PostgreSQL", () => {
  let server: PostgresServer;
  let schemas = 0;
  let settings: PostgresSettings;
  const opened: PostgresStatements[] = [];
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    settings = server.settings(`shipping_${(schemas += 1)}`);
    await preparePostgres(settings);
  });
  afterEach(async () => {
    for (const statements of opened.splice(0)) await statements.close();
  });

  const applier = (journalId: string): Promise<Applier> => {
    const statements = new PostgresStatements(settings);
    opened.push(statements);
    return Applier.open(statements, journalId);
  };

  /** Attempts that all pay from the same meters, named in another order each time. */
  const entries = (journal: string, count: number): JournalEntry[] =>
    Array.from({ length: count }, (_, index) => {
      const meters = Array.from({ length: 6 }, (_, meter) => ({
        meter: `team:${(meter + index) % 6}`,
        period: "p",
      }));
      return entry(
        index + 1,
        "outcome",
        attemptEntry(
          `${journal}-${index}`,
          { charges: [{ meter: "proxy", period: "p" }, ...meters] },
          { costNanoUsd: 7n },
        ),
      );
    });

  const totals = async (): Promise<{ attempts: number; rows: string; sums: string }> => {
    const [row] = await server.query<{ attempts: string; rows: string; sums: string }>(
      `SELECT count(*) AS attempts, sum(cost_nano_usd) AS rows,
         (SELECT certain_nano_usd FROM ${settings.schema}.spend WHERE meter = 'proxy') AS sums
       FROM ${settings.schema}.attempts`,
    );
    return { attempts: Number(row!.attempts), rows: row!.rows, sums: row!.sums };
  };

  it("has each entry once, although two ship the same journal, again and in any order, and others ship beside them", async () => {
    const all = ["a", "b", "c"].map((journal) => ({ journal, entries: entries(journal, 120) }));
    const ship = async (journal: string, whole: readonly JournalEntry[], size: number): Promise<void> => {
      const one = await applier(journal);
      while (one.appliedThrough < whole.length) {
        const from = one.appliedThrough;
        await one.apply(whole.slice(from, from + size));
      }
    };
    await Promise.all(
      all.flatMap(({ journal, entries: whole }) => [ship(journal, whole, 7), ship(journal, whole, 11)]),
    );
    // An old batch that comes late.
    const late = await applier("a");
    expect(late.appliedThrough).toBe(120);
    expect(await totals()).toEqual({ attempts: 360, rows: "2520", sums: "2520" });
  }, 60_000);

  it("takes nothing of a batch behind another's mark, and goes on from there", async () => {
    const [first, second] = [await applier("a"), await applier("a")];
    const whole = entries("a", 4);
    await first.apply(whole.slice(0, 3));
    await second.apply(whole.slice(0, 2));
    expect(second.appliedThrough).toBe(3);
    await second.apply(whole.slice(3));
    await first.apply(whole.slice(3));
    expect([first.appliedThrough, second.appliedThrough]).toEqual([4, 4]);
    expect(await totals()).toEqual({ attempts: 4, rows: "28", sums: "28" });
  });

  it("waits where PostgreSQL is slow, holds nobody else up meanwhile, and goes on", async () => {
    const [slow, quick] = [await applier("a"), await applier("b")];
    await slow.apply(entries("a", 1));
    const holder = new Client({ connectionString: server.url });
    await holder.connect();
    await holder.query("BEGIN");
    // The row of whoever ships it, as an auditor's transaction would hold it.
    await holder.query(`SELECT 1 FROM ${settings.schema}.journals WHERE id = 'a' FOR UPDATE`);
    let isApplied = false;
    const waiting = slow.apply(entries("a", 50).slice(1)).then(() => (isApplied = true));
    await waitsForLock(server);
    await quick.apply(entries("b", 50));
    expect([isApplied, quick.appliedThrough]).toEqual([false, 50]);
    await holder.query("COMMIT");
    await holder.end();
    await waiting;
    expect(await totals()).toEqual({ attempts: 100, rows: "700", sums: "700" });
  });

  it("keeps the first of two people's words on one attempt, and sets the other aside", async () => {
    const [one, other] = [await applier("a"), await applier("b")];
    await one.apply([entry(1, "outcome", attemptEntry("x", {}, { state: "uncertain", costNanoUsd: 250n }))]);
    const correction = (costNanoUsd: bigint): object =>
      correctionOf("x", { revision: 1, costNanoUsd, differenceNanoUsd: costNanoUsd - 250n });
    expect(await one.apply([entry(2, "correction", correction(100n))])).toEqual([]);
    expect(await other.apply([entry(1, "correction", correction(90n))])).toEqual([
      { sequence: 1, kind: "correction", reason: "correction.revision was taken by another correction" },
    ]);
    expect((await totals()).rows).toBe("100");
  });

  it("interrupts the requests of its own journal alone", async () => {
    const [one, other] = [await applier("a"), await applier("b")];
    await one.apply([entry(1, "outcome", attemptEntry("x", { requestId: "cut" }))]);
    await other.apply([entry(1, "outcome", attemptEntry("y", { requestId: "running" }))]);
    await one.interruptRequests();
    const rows = await server.query(`SELECT request_id, state FROM ${settings.schema}.requests ORDER BY 1`);
    expect(rows).toEqual([
      { request_id: "cut", state: "interrupted" },
      { request_id: "running", state: "running" },
    ]);
  });

  it("charges what has characters that PostgreSQL does not take", async () => {
    const one = await applier("a");
    const charges = [{ meter: "tag:a\0b", period: "p" }];
    expect(
      await one.apply([entry(1, "outcome", attemptEntry("x", { charges, requestedModel: "e\0" }))]),
    ).toEqual([]);
    const rows = await server.query(`SELECT meter FROM ${settings.schema}.spend`);
    expect(rows).toEqual([{ meter: "tag:a\u{fffd}b" }]);
  });

  it("goes on after PostgreSQL was killed, was read-only or hung up, and loses nothing", async () => {
    const folder = temporaryFolder();
    const journal = new JournalFile(folder);
    for (let index = 0; index < 3_000; index += 1) {
      journal.append(
        "outcome",
        attemptEntry(`attempt-${index}`, { requestId: `r-${index}` }, { costNanoUsd: 1n }),
      );
      if (index % 10 === 0) journal.append("request", requestOf(`r-${index}`));
    }
    const reports: FollowerReport[] = [];
    const troubles = [
      async () => {
        await server.kill();
      },
      async () => {
        await server.start();
        await server.query("ALTER SYSTEM SET default_transaction_read_only = on");
        await server.query("SELECT pg_reload_conf()");
        await server.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'darkroom'",
        );
      },
      async () => {
        await server.query("ALTER SYSTEM RESET default_transaction_read_only");
        await server.query("SELECT pg_reload_conf()");
      },
    ];
    const follower = await Follower.open({
      folder,
      postgres: settings,
      committedAtStart: journal.committed,
      report: (report) => {
        reports.push(report);
        if (reports.length === 1) void troubles.shift()?.();
      },
      wait: async () => {
        await troubles.shift()?.();
      },
    });
    await follower.follow(journal.committed);
    await follower.close();
    journal.close();
    expect(reports.some(({ kind }) => kind === "retrying")).toBe(true);
    expect(await totals()).toMatchObject({ attempts: 3_000, rows: "3000" });
    const summed = Reports.ofPostgres(settings);
    expect((await summed.sum({})).certainNanoUsd).toBe(3_000n);
    await summed.close();
  }, 120_000);
});
