import { join } from "node:path";
import { DataFolderLock } from "./data-folder-lock.js";
import { DataFolderInUseError } from "./errors.js";
import { removeTemporaryFolders, temporaryFolder } from "./journal-folder.test.support.js";
import { JournalProcess, killAll } from "./journal-process.test.support.js";

afterAll(async () => {
  await killAll();
  removeTemporaryFolders();
});

test("makes the folder, and lets nobody else in until it is released", () => {
  const folder = join(temporaryFolder(), "state", "data");
  const lock = new DataFolderLock(folder);
  expect(() => new DataFolderLock(folder)).toThrow(DataFolderInUseError);
  lock.release();
  new DataFolderLock(folder).release();
});

test("another process is refused, with the name of the folder, as long as the first one lives", async () => {
  const folder = temporaryFolder();
  const first = new JournalProcess(folder);
  await first.printed(/^opened/);
  expect(() => new DataFolderLock(folder)).toThrow(`The data folder ${folder} is in use by another process.`);

  const second = new JournalProcess(folder);
  expect(await second.printed(/^refused/)).toContain(folder);

  await first.kill();
  new DataFolderLock(folder).release();
});
