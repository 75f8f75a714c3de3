import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openForReading } from "../../database/open-database.js";
import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { requestOf } from "../../journal/records.test.support.js";
import { JournalFile, attemptEntry } from "../journal-file.test.support.js";
import { Follower, type FollowerOptions, type FollowerReport } from "./follower.js";
import { keptSpend, openedLedger, spendOfRows } from "./opened-ledger.test.support.js";

let folder: string;
let journal: JournalFile;
let reports: FollowerReport[];
let follower: Follower | undefined;

beforeEach(() => {
  folder = temporaryFolder();
  journal = new JournalFile(folder);
  reports = [];
});

afterEach(async () => {
  await follower?.close();
  follower = undefined;
  journal.close();
});

afterAll(removeTemporaryFolders);

/** A follower of the journal as it is; it is closed behind the test. */
async function opened(options: Partial<FollowerOptions> = {}): Promise<Follower> {
  follower = await Follower.open({
    folder,
    committedAtStart: journal.committed,
    report: (report) => reports.push(report),
    wait: () => Promise.reject(new Error("waited")),
    ...options,
  });
  return follower;
}

function append(count: number): void {
  journal.execute("BEGIN");
  for (let index = 0; index < count; index += 1)
    journal.append("outcome", attemptEntry(`attempt-${journal.committed}`));
  journal.execute("COMMIT");
}

function rows(sql: string): unknown[] {
  const database = openForReading(join(folder, "ledger.sqlite"));
  const found = database.prepare(sql).all();
  database.close();
  return found;
}

it("applies what is committed batch by batch, and says how far it is", async () => {
  append(2_500);
  await (await opened()).follow(2_500);
  expect(reports.map((report) => report.kind === "progress" && report.progress.appliedThrough)).toEqual([
    1_000, 2_000, 2_500,
  ]);
  append(1);
  await follower!.follow(2_501);
  expect(follower!.progress.appliedThrough).toBe(2_501);
  expect(rows("SELECT count(*) AS count FROM attempts")).toEqual([{ count: 2_501n }]);
});

it("applies nothing that it was not told of", async () => {
  append(10);
  await (await opened({ committedAtStart: 4 })).follow(6);
  expect(follower!.progress.appliedThrough).toBe(6);
});

it("tells interrupted requests from those of this process, and goes on behind what is pruned", async () => {
  journal.append("outcome", attemptEntry("a", { requestId: "cut" }));
  await (await opened()).follow(1);
  await follower!.close();
  journal.prune(1);
  journal.append("outcome", attemptEntry("b", { requestId: "also cut" }));
  await opened({ committedAtStart: 2 });
  journal.append("outcome", attemptEntry("c", { requestId: "new" }));
  await follower!.follow(3);
  expect(rows("SELECT request_id, state FROM requests ORDER BY number")).toEqual([
    { request_id: "cut", state: "interrupted" },
    { request_id: "also cut", state: "interrupted" },
    { request_id: "new", state: "running" },
  ]);
});

describe("files that do not fit together are refused", () => {
  it("a ledger that was lost", async () => {
    append(3);
    await (await opened()).follow(3);
    await follower!.close();
    journal.prune(2);
    for (const end of ["", "-wal", "-shm"]) rmSync(join(folder, `ledger.sqlite${end}`), { force: true });
    await expect(opened()).rejects.toThrow(/ledger\.sqlite lacks entries 1 to 2 of the journal beside it/);
  });

  it("a journal that was restored from an older backup", async () => {
    append(3);
    await (await opened()).follow(3);
    await follower!.close();
    journal.execute("DELETE FROM entries WHERE sequence > 1");
    await expect(opened()).rejects.toThrow(/has 3 entries of the journal beside it, which has only 1/);
  });

  it("a ledger of a newer version", async () => {
    const database = openedLedger(folder);
    database.pragma("user_version = 99");
    database.close();
    await expect(opened()).rejects.toThrow(/was written by a newer version of Darkroom/);
  });

  it("a folder without a journal", async () => {
    await expect(opened({ folder: temporaryFolder() })).rejects.toThrow("Unable to open");
  });

  it("but another journal begins at its first entry", async () => {
    append(3);
    await (await opened()).follow(3);
    await follower!.close();
    journal.execute("UPDATE journal SET id = 'another'; DELETE FROM entries WHERE sequence > 1");
    journal.append("outcome", attemptEntry("new"));
    await (await opened()).follow(2);
    expect(rows("SELECT count(*) AS count FROM attempts")).toEqual([{ count: 4n }]);
  });
});

it("stops at an entry that is missing, and says which", async () => {
  append(5);
  journal.execute("DELETE FROM entries WHERE sequence = 3");
  await (await opened({ committedAtStart: 5 })).follow(5);
  expect(reports).toEqual([
    {
      kind: "stopped",
      reason: expect.stringMatching(/journal\.sqlite has no entry 3, but one behind it\.$/),
    },
  ]);
  expect(follower!.progress.appliedThrough).toBe(0);
});

it("stops at an entry that was said to be committed and is not there", async () => {
  append(2);
  await (await opened({ committedAtStart: 3 })).follow(3);
  expect(reports.at(-1)).toEqual({
    kind: "stopped",
    reason: expect.stringMatching(/journal\.sqlite has no entry 3, but has committed it\.$/),
  });
});

describe("a damaged ledger", () => {
  beforeEach(async () => {
    append(3_000);
    await (await opened()).follow(3_000);
    await follower!.close();
    reports = [];
  });

  /** Writes over the pages from one on. */
  const overwrite = (firstPage: number): void => {
    const path = join(folder, "ledger.sqlite");
    const file = openSync(path, "r+");
    for (let offset = firstPage * 4_096; offset < statSync(path).size; offset += 4_096)
      writeSync(file, Buffer.alloc(4_096, 0xa5), 0, 4_096, offset);
    closeSync(file);
  };

  it("is refused with what to do, where that shows at once", async () => {
    overwrite(0);
    await expect(opened()).rejects.toThrow(
      /ledger\.sqlite is damaged \(file is not a database\)\. Put back a backup/,
    );
  });

  it("is nothing to go on with, where it is met later: nothing more is applied", async () => {
    overwrite(20);
    append(2_000);
    await (await opened()).follow(5_000);
    expect(reports).toEqual([{ kind: "stopped", reason: expect.stringContaining("malformed") }]);
    expect(follower!.progress.appliedThrough).toBe(3_000);
  });
});

it("tries again for as long as nothing can be written, ever more seldom, and loses nothing", async () => {
  append(10);
  const waits: number[] = [];
  await opened({
    wait: (milliseconds) => {
      waits.push(milliseconds);
      if (waits.length === 7) other.exec("ALTER TABLE gone RENAME TO attempts");
      return Promise.resolve();
    },
  });
  const other = openedLedger(folder);
  other.exec("ALTER TABLE attempts RENAME TO gone");
  await follower!.follow(10);
  other.close();
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(reports.map(({ kind }) => kind)).toEqual([...waits.map(() => "retrying"), "progress"]);
  expect(reports[0]).toMatchObject({ reason: "no such table: attempts" });
  expect(rows("SELECT count(*) AS count FROM attempts")).toEqual([{ count: 10n }]);
});

it("has the same books, killed between and within batches or not", async () => {
  journal.execute("BEGIN");
  for (let index = 0; index < 12_000; index += 1) {
    const id = `attempt-${index}`;
    const state = index % 3 === 0 ? "uncertain" : "certain";
    journal.append(
      "outcome",
      attemptEntry(id, { requestId: `r-${index}` }, { state, costNanoUsd: BigInt(index) ** 2n }),
    );
    journal.append("request", requestOf(`r-${index}`));
  }
  journal.execute("COMMIT");
  const kills = [1, 4, 2, 7];
  for (const batches of kills) await killBehind(batches);
  const before = (await opened()).progress.appliedThrough;
  expect(before).toBeGreaterThanOrEqual(14_000);
  expect(before).toBeLessThan(24_000);
  await follower!.follow(24_000);

  const whole = rows(
    "SELECT count(*) AS count, sum(cost_nano_usd) AS sum, count(DISTINCT sequence) AS sequences FROM attempts",
  );
  const sum = Array.from({ length: 12_000 }, (_, index) => BigInt(index) ** 2n).reduce((a, b) => a + b);
  expect(whole).toEqual([{ count: 12_000n, sum, sequences: 12_000n }]);
  expect(rows("SELECT state, count(*) AS count FROM requests GROUP BY state")).toEqual([
    { state: "ended", count: 12_000n },
  ]);
  const database = openForReading(join(folder, "ledger.sqlite"));
  expect(keptSpend(database)).toEqual(spendOfRows(database));
  database.close();
}, 120_000);

/** Applies in a process of its own, which is killed as soon as it has told of so many batches. */
async function killBehind(batches: number): Promise<void> {
  const module = new URL("../../../dist/ledger/applying/follower.js", import.meta.url).href;
  const program = `
    let told = 0;
    const { Follower } = await import(${JSON.stringify(module)});
    const follower = await Follower.open({
      folder: ${JSON.stringify(folder)}, committedAtStart: 24_000, wait: () => new Promise(() => {}),
      report: ({ kind }) => {
        console.log(kind);
        // However late the kill comes, it finds work that is not done.
        if ((told += 1) === ${batches + 2}) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      },
    });
    await follower.follow(24_000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let told = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    told += 1;
    if (told === batches) child.kill("SIGKILL");
  }
  await ended;
  expect(child.signalCode).toBe("SIGKILL");
}
