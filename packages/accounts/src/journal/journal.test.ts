import { ManualTimers } from "../manual-timers.test.support.js";
import { JournalUnavailableError } from "./errors.js";
import { Journal, type JournalOptions } from "./journal.js";
import {
  readEntries,
  readOpenIntents,
  readPrunedThrough,
  removeTemporaryFolders,
  temporaryFolder,
} from "./journal-folder.test.support.js";
import { intentOf, outcomeOf, requestOf } from "./records.test.support.js";

let folder: string;
let timers: ManualTimers;
const opened: Journal[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  timers = new ManualTimers();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((journal) => journal.close()));
});

afterAll(removeTemporaryFolders);

async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await Journal.open({ folder, timers, ...options });
  opened.push(journal);
  return journal;
}

function numbered(count: number, prefix = "a"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

test("an intent is in the file when it is told so, and an outcome takes its place", async () => {
  const journal = await open();
  await journal.intend(intentOf("a"));
  expect([readOpenIntents(folder), readEntries(folder)]).toEqual([["a"], []]);

  expect(await journal.conclude(outcomeOf("a"))).toBe(1);
  expect(readOpenIntents(folder)).toEqual([]);
  expect(readEntries(folder)).toEqual([
    {
      sequence: 1,
      kind: "outcome",
      record: {
        intent: expect.objectContaining({ attemptId: "a", estimateNanoUsd: "250000000" }),
        outcome: expect.objectContaining({ attemptId: "a", state: "certain", costNanoUsd: "42120000" }),
      },
    },
  ]);
  expect([journal.committed, journal.openAttempts]).toEqual([1, 0]);
});

test("many at a time: sequences are consecutive, in the order in which outcomes came", async () => {
  const journal = await open();
  // More than fit into one transaction, and into one statement.
  const ids = numbered(2_500);
  await Promise.all(ids.map((id) => journal.intend(intentOf(id))));
  const sequences = await Promise.all(ids.map((id) => journal.conclude(outcomeOf(id))));
  expect(sequences).toEqual(ids.map((_, index) => index + 1));
  expect(readEntries(folder).map(({ record }) => record.intent?.attemptId)).toEqual(ids);
  expect(readOpenIntents(folder)).toEqual([]);
});

test("intents and outcomes mixed in one commit are each told their own", async () => {
  const journal = await open();
  await Promise.all(numbered(50).map((id) => journal.intend(intentOf(id))));
  const told = await Promise.all([
    ...numbered(50).flatMap((id) => [
      journal.intend(intentOf(`next-${id}`)),
      journal.conclude(outcomeOf(id)),
    ]),
    journal.correct({
      attemptId: "a0",
      revision: 1,
      atMs: 1,
      costNanoUsd: 5n,
      differenceNanoUsd: -1n,
      by: "ann",
      note: "by the invoice",
    }),
  ]);
  expect(told.filter((sequence) => sequence !== undefined)).toEqual(
    numbered(51).map((_, index) => index + 1),
  );
  expect(readEntries(folder).at(-1)).toMatchObject({ sequence: 51, kind: "correction" });
  expect(readOpenIntents(folder)).toHaveLength(50);
});

describe("what is not in order is refused, and leaves no trace", () => {
  test("an outcome of an attempt that was never intended, or has one", async () => {
    const journal = await open();
    await expect(journal.conclude(outcomeOf("a"))).rejects.toThrow("never intended");
    await journal.intend(intentOf("a"));
    const first = journal.conclude(outcomeOf("a"));
    await expect(journal.conclude(outcomeOf("a"))).rejects.toThrow("has an outcome already");
    await first;
    await expect(journal.conclude(outcomeOf("a"))).rejects.toThrow("has an outcome already");
    expect(readEntries(folder)).toHaveLength(1);
  });

  test("an outcome of an intent that is not on the disk yet", async () => {
    const journal = await open();
    const intended = journal.intend(intentOf("a"));
    await expect(journal.conclude(outcomeOf("a"))).rejects.toThrow("never intended");
    await intended;
    expect(await journal.conclude(outcomeOf("a"))).toBe(1);
  });

  test("an attempt that is under way already", async () => {
    const journal = await open();
    await journal.intend(intentOf("a"));
    await expect(journal.intend(intentOf("a"))).rejects.toThrow("intended before");
    expect(readOpenIntents(folder)).toEqual(["a"]);
  });

  test("more open attempts than may be", async () => {
    const journal = await open({ maxOpenAttempts: 2 });
    await Promise.all([journal.intend(intentOf("a")), journal.intend(intentOf("b"))]);
    await expect(journal.intend(intentOf("c"))).rejects.toThrow(JournalUnavailableError);
    await journal.conclude(outcomeOf("a"));
    await journal.intend(intentOf("c"));
    expect(readOpenIntents(folder)).toEqual(["b", "c"]);
  });

  test.each([-1, 0.5, 1])("pruning through %d, when there is no entry", async (through) => {
    const journal = await open();
    expect(() => journal.prune(through)).toThrow(RangeError);
  });
});

describe("notes", () => {
  test("go with the next commit, behind what was told before", async () => {
    const journal = await open();
    await journal.intend(intentOf("a"));
    journal.note("request", requestOf("r1"));
    journal.note("refusals", {
      caller: "k",
      route: "/",
      status: 429,
      code: "c",
      count: 3,
      fromMs: 1,
      toMs: 2,
    });
    expect(await journal.conclude(outcomeOf("a"))).toBe(3);
    expect(readEntries(folder).map(({ kind }) => kind)).toEqual(["request", "refusals", "outcome"]);
  });

  test("are written after 50 ms where nothing else is", async () => {
    const journal = await open();
    journal.note("request", requestOf("r1"));
    journal.note("request", requestOf("r2"));
    timers.advance(49);
    expect(timers.pending).toBe(1);
    timers.advance(1);
    // The intent's commit follows that of the notes.
    await journal.intend(intentOf("a"));
    expect(readEntries(folder).map(({ record }) => record.requestId)).toEqual(["r1", "r2"]);
    expect([journal.committed, timers.pending]).toEqual([2, 0]);
  });

  test("are written by close", async () => {
    const journal = await open();
    for (const id of numbered(1_500)) journal.note("request", requestOf(id));
    await journal.close();
    expect(readEntries(folder).map(({ record }) => record.requestId)).toEqual(numbered(1_500));
    expect(journal.lostNotes).toBe(0);
  });

  test("beyond those that may wait are lost, and counted", async () => {
    const journal = await open({ maxWaitingNotes: 2 });
    for (const id of numbered(5)) journal.note("request", requestOf(id));
    await journal.intend(intentOf("a"));
    expect([readEntries(folder).length, journal.lostNotes]).toEqual([2, 3]);
    journal.note("request", requestOf("later"));
    await journal.close();
    expect([readEntries(folder).length, journal.lostNotes]).toEqual([3, 3]);
  });
});

describe("pruning", () => {
  async function withEntries(count: number): Promise<Journal> {
    const journal = await open();
    for (const id of numbered(count)) journal.note("request", requestOf(id));
    await journal.intend(intentOf("after-notes"));
    return journal;
  }

  /** The next commit is under way before the one of which this is told ends, so that two are sure to have been. */
  async function commitTwice(journal: Journal, name: string): Promise<void> {
    await journal.intend(intentOf(`${name}-1`));
    await journal.intend(intentOf(`${name}-2`));
  }

  test("takes entries away with commits that are made anyway", async () => {
    const journal = await withEntries(10);
    journal.prune(4);
    journal.prune(3);
    await commitTwice(journal, "x");
    expect(readEntries(folder).map(({ sequence }) => sequence)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(readPrunedThrough(folder)).toBe(4);
  });

  test("goes on where nothing else is written, not too many at a time", async () => {
    const journal = await withEntries(1_000);
    journal.prune(1_000);
    timers.advance(50);
    await commitTwice(journal, "x");
    expect(readEntries(folder)).toEqual([]);
    expect(journal.committed).toBe(1_000);
  });

  test("a sequence is never given twice, even when all entries are gone and the file was closed", async () => {
    const journal = await withEntries(3);
    journal.prune(3);
    await journal.conclude(outcomeOf("after-notes"));
    journal.prune(4);
    await journal.close();
    const next = await open();
    expect([next.id, next.committed, readEntries(folder).length]).toEqual([journal.id, 4, 0]);
    await next.intend(intentOf("b"));
    expect(await next.conclude(outcomeOf("b"))).toBe(5);
  });
});

describe("closing", () => {
  test("writes what was on its way, and refuses what comes later", async () => {
    const journal = await open();
    await journal.intend(intentOf("a"));
    const told = Promise.all([journal.conclude(outcomeOf("a")), journal.intend(intentOf("b"))]);
    const closed = journal.close();
    await expect(journal.intend(intentOf("c"))).rejects.toMatchObject({
      reason: "it is closed",
      heals: false,
    });
    await expect(told).resolves.toEqual([1, undefined]);
    await closed;
    await expect(journal.conclude(outcomeOf("b"))).rejects.toThrow(JournalUnavailableError);
    journal.note("request", requestOf("late"));
    expect([readOpenIntents(folder), readEntries(folder).length]).toEqual([["b"], 1]);
  });

  test("twice is once, and tells no listener", async () => {
    const states: unknown[] = [];
    const journal = await open({ onStateChange: (state) => states.push(state) });
    await Promise.all([journal.close(), journal.close()]);
    expect(states).toEqual([]);
    expect(journal.state).toEqual({ name: "stopped", reason: "it is closed", heals: false });
  });
});

test("a folder has one journal with one id, and one writer", async () => {
  const journal = await open();
  await expect(open()).rejects.toThrow(`The data folder ${folder} is in use`);
  await journal.close();
  expect((await open()).id).toBe(journal.id);
  const elsewhere = await open({ folder: temporaryFolder() });
  expect(elsewhere.id).not.toBe(journal.id);
});
