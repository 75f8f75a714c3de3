import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openForReading, openForWriting } from "../database/open-database.js";
import { Journal } from "../journal/journal.js";
import { Ledger, type LedgerOptions } from "./ledger.js";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { intentOf, outcomeOf, requestOf, startMs } from "../journal/records.test.support.js";

let folder: string;
let journal: Journal;
let ledger: Ledger;

async function open(options: Partial<LedgerOptions> = {}): Promise<void> {
  journal = await Journal.open({ folder, now: () => startMs + 1_000 });
  ledger = await Ledger.open({ folder, journal, now: () => startMs + 2_000, ...options });
}

async function close(): Promise<void> {
  await ledger.close();
  await journal.close();
}

/** An attempt that is uncertain to have cost 250. */
async function uncertainAttempt(attemptId: string): Promise<void> {
  await journal.intend(intentOf(attemptId, { estimateNanoUsd: 250n }));
  await journal.conclude(outcomeOf(attemptId, { state: "uncertain", costNanoUsd: 250n, reason: "reset" }));
}

beforeEach(async () => {
  folder = temporaryFolder();
  await open();
});

afterEach(close);

afterAll(removeTemporaryFolders);

it("has what the journal has, once it has caught up", async () => {
  await journal.intend(intentOf("a", { requestId: "r" }));
  await journal.conclude(outcomeOf("a", { costNanoUsd: 2n ** 53n + 1n }));
  journal.note("request", requestOf("r"));
  await uncertainAttempt("b");
  await ledger.catchUp();
  expect(await ledger.reports.sum({})).toMatchObject({
    rows: 2,
    certainNanoUsd: 2n ** 53n + 1n,
    uncertainNanoUsd: 250n,
  });
  expect(ledger.uncertain).toEqual({ attempts: 1, nanoUsd: 250n });
  expect(ledger.state).toEqual({ kind: "applying" });
  expect(ledger.lagEntries).toBe(0);
  expect(await ledger.reports.explain("r")).toMatchObject({ request: { state: "ended" } });
});

it("catches up by itself, and lets the journal forget what it has", async () => {
  await uncertainAttempt("a");
  const caughtUp = async (): Promise<void> => {
    while (ledger.lagEntries > 0) await new Promise((resolve) => setImmediate(resolve));
  };
  await caughtUp();
  expect((await ledger.reports.sum({})).rows).toBe(1);
  await uncertainAttempt("b");
  await ledger.catchUp();
  await close();
  const file = openForReading(join(folder, "journal.sqlite"));
  expect(file.prepare("SELECT pruned_through FROM journal").all()).toEqual([{ pruned_through: 2n }]);
  file.close();
  await open();
  expect(ledger.lagEntries).toBe(0);
});

it("has attempts of a process that was ended as uncertain, and their requests as interrupted", async () => {
  await journal.intend(intentOf("a", { requestId: "r", estimateNanoUsd: 700n }));
  await close();
  await open();
  await ledger.catchUp();
  expect(ledger.uncertain).toEqual({ attempts: 1, nanoUsd: 700n });
  expect(await ledger.reports.explain("r")).toMatchObject({
    request: { state: "interrupted", attempts: 1 },
    attempts: [{ state: "uncertain", costNanoUsd: 700n }],
  });
});

describe("an attempt settled by hand", () => {
  const settlement = { attemptId: "a", costNanoUsd: 100n, by: "ann", note: "by the invoice" };

  beforeEach(() => uncertainAttempt("a"));

  it("is certain from then on, and it is kept who said so", async () => {
    expect(await ledger.settle(settlement)).toMatchObject({
      state: "certain",
      costNanoUsd: 100n,
      revision: 1,
    });
    expect(ledger.uncertain).toEqual({ attempts: 0, nanoUsd: 0n });
    expect(await ledger.reports.spend({ meter: "team:red" })).toEqual([
      { meter: "team:red", period: "2026-01", certainNanoUsd: 100n, uncertainNanoUsd: 0n, attempts: 1 },
    ]);
    const explained = await ledger.reports.explain("request-of-a");
    expect(explained?.attempts[0]?.corrections).toEqual([
      {
        attemptId: "a",
        revision: 1,
        atMs: startMs + 2_000,
        costNanoUsd: 100n,
        differenceNanoUsd: -150n,
        settledBy: "ann",
        note: "by the invoice",
      },
    ]);
  });

  it("may be settled again, also by people who do so at once", async () => {
    const costs = [10n, 20n, 30n, 40n];
    const settled = await Promise.all(
      costs.map((costNanoUsd) => ledger.settle({ ...settlement, costNanoUsd })),
    );
    expect(settled.map(({ costNanoUsd, revision }) => [costNanoUsd, revision])).toEqual([
      [10n, 1],
      [20n, 2],
      [30n, 3],
      [40n, 4],
    ]);
    expect(ledger.setAsideCount).toBe(0);
    expect(await ledger.reports.sum({})).toMatchObject({ certainNanoUsd: 40n, uncertainNanoUsd: 0n });
  });

  it.each([
    [{ attemptId: "nobody" }, "attemptId", "not_found", "The ledger has no attempt 'nobody'."],
    [{ costNanoUsd: -1n }, "costNanoUsd", "invalid", "The cost must be from $0 to $1000000."],
    [{ costNanoUsd: 10n ** 15n + 1n }, "costNanoUsd", "invalid", "The cost must be from $0 to $1000000."],
    [{ note: " " }, "note", "invalid", "'note' must have 1 to 1000 characters."],
    [{ by: "x".repeat(1_001) }, "by", "invalid", "'by' must have 1 to 1000 characters."],
  ])(
    "is refused where a field cannot be right, with that field (%#)",
    async (given, field, code, message) => {
      await expect(ledger.settle({ ...settlement, ...given })).rejects.toMatchObject({
        field,
        code,
        message,
      });
      await ledger.catchUp();
      expect(ledger.uncertain).toEqual({ attempts: 1, nanoUsd: 250n });
    },
  );

  it("is refused where its upstream has said what it cost", async () => {
    await journal.intend(intentOf("b"));
    await journal.conclude(outcomeOf("b"));
    await expect(ledger.settle({ ...settlement, attemptId: "b" })).rejects.toMatchObject({
      code: "already_certain",
    });
  });

  it("may be one without a known price", async () => {
    await journal.intend(intentOf("b", { estimateNanoUsd: null }));
    await journal.conclude(outcomeOf("b", { costNanoUsd: null }));
    expect(await ledger.settle({ ...settlement, attemptId: "b" })).toMatchObject({ costNanoUsd: 100n });
  });
});

it("refuses to open where the ledger is damaged, and says what to do", async () => {
  await close();
  for (const end of ["-wal", "-shm"]) rmSync(join(folder, `ledger.sqlite${end}`), { force: true });
  writeFileSync(join(folder, "ledger.sqlite"), "no database at all ".repeat(500));
  journal = await Journal.open({ folder });
  await expect(Ledger.open({ folder, journal })).rejects.toThrow(
    /ledger\.sqlite is damaged .* Put back a backup/,
  );
  rmSync(join(folder, "ledger.sqlite"));
  ledger = await Ledger.open({ folder, journal });
});

it("says when it can apply nothing, and goes on by itself", async () => {
  await close();
  const states: string[] = [];
  await open({ onState: ({ kind }) => states.push(kind) });
  const other = openForWriting(join(folder, "ledger.sqlite"));
  other.exec("ALTER TABLE attempts RENAME TO gone");
  await uncertainAttempt("a");
  await expect(ledger.catchUp()).rejects.toThrow("The ledger is behind its journal: no such table: attempts");
  expect(ledger.state).toMatchObject({ kind: "retrying" });
  expect(ledger.lagEntries).toBe(1);
  other.exec("ALTER TABLE gone RENAME TO attempts");
  other.close();
  while (ledger.lagEntries > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(ledger.uncertain.attempts).toBe(1);
  expect(states).toEqual(["retrying", "applying"]);
});

it("takes over what was spent elsewhere, each meter once", async () => {
  const carried = (meter: string, nanoUsd: bigint, period = "2026-11-01T00:00") => ({
    ...{ source: "litellm", meter, period, nanoUsd, atMs: startMs, by: "ann" },
  });
  const records = [
    carried("team:red", 70n),
    carried("key:a", 30n),
    carried("user:ann", 9n, "1970-01-01T00:00"),
  ];
  expect(await ledger.carry(records)).toBe(3);
  expect(await ledger.carry([...records, carried("team:blue", 1n)])).toBe(1);
  // A second entry of the same, as after a start in between, changes nothing.
  await journal.carry(carried("team:red", 500n));
  await ledger.catchUp();
  expect(await ledger.reports.spend({ meter: "team:red" })).toEqual([
    { meter: "team:red", period: "2026-11-01T00:00", certainNanoUsd: 70n, uncertainNanoUsd: 0n, attempts: 0 },
  ]);
  const fromMs = Date.UTC(2026, 10, 1);
  expect(await ledger.reports.spentIn("team:red", { fromMs })).toMatchObject({ nanoUsd: 70n });
  expect(await ledger.reports.spentIn("team:red", { fromMs: fromMs + 900_000 })).toMatchObject({
    nanoUsd: 0n,
  });
  expect(await ledger.reports.dailySpend({ scope: "key", ids: ["a"] }, ["day", "model"])).toMatchObject([
    { day: "2026-11-01", model: "litellm", certainNanoUsd: 30n, attempts: 0 },
  ]);
  // It is no attempt of the ledger's own.
  expect(await ledger.reports.sum({})).toMatchObject({ rows: 0, certainNanoUsd: 0n });
  expect(await ledger.reports.carriedSpend()).toHaveLength(4);
});
