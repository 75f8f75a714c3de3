import { chmodSync } from "node:fs";
import { DataFolderError } from "./errors.js";
import { Journal } from "./journal.js";
import {
  readEntries,
  readOpenIntents,
  removeTemporaryFolders,
  temporaryFolder,
} from "./journal-folder.test.support.js";
import { JournalProcess, killAll } from "./journal-process.test.support.js";
import { hasSmallDisk, onSmallDisk } from "./small-disk.test.support.js";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterAll(async () => {
  await killAll();
  removeTemporaryFolders();
});

const stoppedByFullDisk = { name: "stopped", reason: "the disk is full", heals: true };

function stateOf(line: string): unknown {
  return JSON.parse(line.slice("state ".length));
}

if (hasSmallDisk) {
  describe("a full disk", () => {
    async function filledUp(): Promise<JournalProcess> {
      const journal = new JournalProcess(folder, onSmallDisk(folder));
      await journal.printed(/^opened/);
      journal.send("intend a", "intend b");
      await journal.printed(/^intended b/);
      journal.send("fill");
      await journal.printed(/^filled/);
      journal.send("intend c");
      await journal.printed(/^state/);
      return journal;
    }

    test("stops: intents are refused at once, outcomes are kept; it goes on by itself when there is room", async () => {
      const journal = await filledUp();
      expect(stateOf(await journal.printed(/^state/))).toEqual(stoppedByFullDisk);
      const refused = { reason: "the disk is full", heals: true, kept: false };
      expect(await journal.printed(/^failed intend c/)).toContain(JSON.stringify(refused).slice(1, -1));
      journal.send("intend d", "conclude a", "note r");
      await journal.printed(/^failed intend d/);
      expect(await journal.printed(/^failed conclude a/)).toContain('"kept":true');

      // Tried in vain: nobody is told of it again.
      journal.send("probe");
      await journal.printed(/^probed/);
      journal.send("free", "probe");
      await journal.printed(/^state.*writing/);
      expect(journal.lines.filter((line) => line.startsWith("state"))).toHaveLength(2);

      // The outcome and the note have the sequences before.
      journal.send("conclude b");
      expect(await journal.printed(/^concluded b/)).toBe("concluded b 3");
      journal.send("intend e", "close");
      await journal.printed(/^closed/);
      expect(journal.lines).toContain("intended e");
    });

    test("is no reason to wait for when closing", async () => {
      const journal = await filledUp();
      journal.send("conclude a", "close");
      await journal.printed(/^failed conclude a/);
      await journal.printed(/^closed/);
    });
  });
}

test("a disk that fails otherwise stops for good, and what was told before is there at the next start", async () => {
  // The system lets no file of the process grow beyond this; in blocks of 512 bytes, or 1024 in some shells.
  const journal = new JournalProcess(folder, ["sh", "-c", 'ulimit -f 256 && exec "$@"', "sh"]);
  await journal.printed(/^opened/);
  for (let number = 0; !journal.lines.some((line) => line.startsWith("state")); number += 1) {
    journal.send(`intend a${number}`);
    await journal.printed(new RegExp(`^(intended|failed intend) a${number}\\b`));
  }
  const state = stateOf(await journal.printed(/^state/));
  expect(state).toEqual({ name: "stopped", reason: expect.any(String), heals: false });
  journal.send("conclude a0", "intend later", "close");
  expect(await journal.printed(/^failed conclude a0/)).toContain('"heals":false,"kept":false');
  await journal.printed(/^failed intend later/);
  await journal.printed(/^closed/);
  await journal.kill();

  const told = journal.lines.flatMap((line) => /^intended (.*)/.exec(line)?.[1] ?? []);
  expect(told.length).toBeGreaterThan(0);
  expect(readOpenIntents(folder)).toEqual(expect.arrayContaining(told));
  const next = await Journal.open({ folder });
  expect(readEntries(folder).filter(({ kind }) => kind === "recovered")).toHaveLength(next.recovered);
  await next.close();
});

test("a folder that may not be written to: the start is refused, with its name and what to do", async () => {
  if (process.platform === "win32") return;
  chmodSync(folder, 0o555);
  // Root may write everywhere, but where the kernel shows itself as files.
  const unwritable = process.getuid?.() === 0 ? "/sys/kernel" : folder;
  const opening = Journal.open({ folder: unwritable });
  await expect(opening).rejects.toThrow(DataFolderError);
  await expect(opening).rejects.toThrow(`The data folder ${unwritable} cannot be written to`);
  chmodSync(folder, 0o755);
});
