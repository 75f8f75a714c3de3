import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { JournalFileError } from "./errors.js";
import { Journal } from "./journal.js";
import {
  readEntries,
  readOpenIntents,
  removeTemporaryFolders,
  temporaryFolder,
} from "./journal-folder.test.support.js";
import { JournalProcess, killAll } from "./journal-process.test.support.js";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterAll(async () => {
  await killAll();
  removeTemporaryFolders();
});

const nowMs = Date.UTC(2026, 1, 1);

async function reopened(): Promise<{ committed: number; recovered: number }> {
  const journal = await Journal.open({ folder, now: () => nowMs });
  const { committed, recovered } = journal;
  await journal.close();
  return { committed, recovered };
}

/** What a process leaves that was killed just when it had concluded a, b and c, one after another, and intended d. */
async function killedProcess(): Promise<void> {
  const first = new JournalProcess(folder);
  for (const id of ["a", "b", "c"]) {
    first.send(`intend ${id}`);
    await first.printed(new RegExp(`^intended ${id}$`));
    first.send(`conclude ${id}`);
    await first.printed(new RegExp(`^concluded ${id} `));
  }
  first.send("intend d");
  await first.printed(/^intended d$/);
  await first.kill();
}

const file = (ending = "") => join(folder, `journal.sqlite${ending}`);

describe("after a kill", () => {
  test("what was told is there, and what was intended is charged at its estimate", async () => {
    await killedProcess();
    expect(readOpenIntents(folder)).toEqual(["d"]);
    expect(await reopened()).toEqual({ committed: 4, recovered: 1 });
    expect(readEntries(folder).map(({ kind, record }) => [kind, record.intent?.attemptId])).toEqual([
      ["outcome", "a"],
      ["outcome", "b"],
      ["outcome", "c"],
      ["recovered", "d"],
    ]);
    expect(readEntries(folder)[3]?.record.outcome).toEqual({
      attemptId: "d",
      atMs: nowMs,
      state: "uncertain",
      costNanoUsd: "250000000",
      images: 0,
      durationMs: 0,
      errorClass: "gateway_died",
      reason: "the gateway died before the outcome was written",
    });
  });

  test("a second start recovers nothing more", async () => {
    await killedProcess();
    await reopened();
    expect(await reopened()).toEqual({ committed: 4, recovered: 0 });
  });

  test("a kill during recovery, before it is written, changes nothing", async () => {
    await killedProcess();
    const killed = new JournalProcess(folder);
    await killed.kill();
    await reopened();
    expect(readEntries(folder).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });

  test("an intent whose commit was not told may be there, and is then recovered too", async () => {
    const first = new JournalProcess(folder);
    await first.printed(/^opened/);
    first.send(...Array.from({ length: 200 }, (_, index) => `intend a${index}`));
    await first.printed(/^intended/);
    await first.kill();
    const told = first.lines.flatMap((line) => /^intended (.*)/.exec(line)?.[1] ?? []);
    expect(readOpenIntents(folder)).toEqual(expect.arrayContaining(told));
    const { recovered } = await reopened();
    expect(recovered).toBeGreaterThanOrEqual(told.length);
  });
});

test("the files belong to their owner alone", async () => {
  if (process.platform === "win32") return;
  await killedProcess();
  for (const ending of ["", "-wal", "-shm"]) expect(statSync(file(ending)).mode & 0o777).toBe(0o600);
});

describe("a log that was cut short by the crash", () => {
  test("loses what nobody was told of, and nothing else", async () => {
    await killedProcess();
    const whole = statSync(file("-wal")).size;
    truncateSync(file("-wal"), whole - 100);
    expect(await reopened()).toEqual({ committed: 3, recovered: 0 });
  });
});

describe("a journal that is not there", () => {
  const isReplacement = async (): Promise<boolean> => {
    const journal = await Journal.open({ folder });
    await journal.close();
    return journal.isReplacement;
  };

  test("is begun, also where the one before died before it had written anything", async () => {
    expect(await isReplacement()).toBe(false);
    rmSync(file());
    writeFileSync(file(), "");
    expect(await isReplacement()).toBe(false);
  });

  test.each(["ledger.sqlite", "ledger-is-elsewhere.txt"])(
    "is replaced where %s was made from it, which is told once",
    async (name) => {
      expect(await isReplacement()).toBe(false);
      writeFileSync(join(folder, name), "");
      expect(await isReplacement()).toBe(false);
      rmSync(file());
      expect(await isReplacement()).toBe(true);
      expect(await isReplacement()).toBe(false);
    },
  );
});

describe("a damaged file refuses the start, says which and what to do, and is left as it is", () => {
  async function expectRefusal(damaged: string, message: RegExp): Promise<void> {
    const before = readFileSync(damaged);
    const refusal = await Journal.open({ folder }).then(
      () => new Error("it was opened"),
      (error: unknown) => error as Error,
    );
    expect(refusal).toBeInstanceOf(JournalFileError);
    expect(refusal.message).toMatch(message);
    expect(refusal.message).toContain(damaged);
    expect(readFileSync(damaged)).toEqual(before);
  }

  function change(path: string, offset: number, length: number): void {
    const content = readFileSync(path);
    content.fill(0x55, offset, offset + length);
    writeFileSync(path, content);
  }

  test("the log, in its middle", async () => {
    await killedProcess();
    change(file("-wal"), Math.floor(statSync(file("-wal")).size / 2), 64);
    await expectRefusal(
      file("-wal"),
      /damaged at byte \d+: committed transactions lie behind.*Restore .* backup/,
    );
  });

  test("the log, at its head", async () => {
    await killedProcess();
    change(file("-wal"), 16, 4);
    await expectRefusal(file("-wal"), /damaged at byte 0/);
  });

  test("the database is gone, and its log is not", async () => {
    await killedProcess();
    rmSync(file());
    await expectRefusal(file("-wal"), /is missing, though its log/);
  });

  test("the database, emptied, though a ledger was made from it", async () => {
    await killedProcess();
    await reopened();
    truncateSync(file(), 0);
    writeFileSync(join(folder, "ledger.sqlite"), "");
    await expectRefusal(file(), /is damaged: it is empty.*Restore .* backup/);
  });

  test("the database, in a page of a table", async () => {
    await killedProcess();
    await reopened();
    // Of the four pages, the first holds the schema.
    change(file(), 2 * 8192, 2 * 8192);
    await expectRefusal(file(), /is damaged: .*Restore .* backup/);
  });

  test("the database, at its head", async () => {
    await reopened();
    change(file(), 0, 100);
    await expectRefusal(file(), /is damaged: its head is none of SQLite/);
  });

  test("entries that are missing", async () => {
    await killedProcess();
    await reopened();
    const database = new Database(file());
    database.exec("DELETE FROM entries WHERE sequence = 2");
    database.close();
    await expectRefusal(file(), /entries are missing/);
  });

  test("another format, and another program's file", async () => {
    await reopened();
    const database = new Database(file());
    database.exec("UPDATE journal SET format = 2");
    await expectRefusal(file(), /has format 2, this version of Darkroom knows format 1 alone/);
    database.exec("DROP TABLE entries");
    database.close();
    await expectRefusal(file(), /is no journal/);
  });

  test("afterwards the folder is free again", async () => {
    await reopened();
    change(file(), 0, 100);
    await expect(Journal.open({ folder })).rejects.toThrow(JournalFileError);
    for (const ending of ["", "-wal", "-shm"]) rmSync(file(ending), { force: true });
    expect(await reopened()).toEqual({ committed: 0, recovered: 0 });
  });
});
