import fc from "fast-check";
import { Journal } from "./journal.js";
import { readEntries, removeTemporaryFolders, temporaryFolder } from "./journal-folder.test.support.js";
import { JournalProcess, killAll } from "./journal-process.test.support.js";

afterAll(async () => {
  await killAll();
  removeTemporaryFolders();
});

/** What a process is told to do all at once, and after how many of its answers it is killed. */
const life = fc
  .array(fc.constantFrom("intend", "attempt", "attempt", "note"), { minLength: 1, maxLength: 300 })
  .chain((commands) => {
    const answers = commands.map((command) => (command === "attempt" ? 2 : 1)).reduce((a, b) => a + b, 0);
    return fc.record({ commands: fc.constant(commands), killedAfter: fc.integer({ min: 0, max: answers }) });
  });

test("whatever is killed when: all that was told is there, once, under the sequence that was told", async () => {
  const killAndLook = async (lives: readonly { commands: readonly string[]; killedAfter: number }[]) => {
    const folder = temporaryFolder();
    const intended: string[] = [];
    const concluded = new Map<number, string>();
    for (const [number, { commands, killedAfter }] of lives.entries()) {
      const journal = new JournalProcess(folder);
      await journal.printed(/^opened/);
      journal.send(...commands.map((command, index) => `${command} ${number}-${index}`));
      await journal.printedTimes(/^(intended|concluded|noted)/, killedAfter);
      await journal.kill();
      for (const line of journal.lines) {
        const [told, id = "", sequence] = line.split(" ");
        if (told === "intended") intended.push(id);
        if (told === "concluded") concluded.set(Number(sequence), id);
        expect(told).not.toBe("failed");
      }
    }
    const last = await Journal.open({ folder });
    await last.close();

    const entries = readEntries(folder);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
    for (const [sequence, id] of concluded)
      expect(entries[sequence - 1]).toMatchObject({ kind: "outcome", record: { intent: { attemptId: id } } });
    const attempts = entries.flatMap(({ record }) => record.intent?.attemptId ?? []);
    expect(new Set(attempts).size).toBe(attempts.length);
    expect(attempts).toEqual(expect.arrayContaining(intended));
  };
  await fc.assert(fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 3 }), killAndLook), {
    numRuns: 8,
  });
});
