import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { openForReading, openForWriting } from "./open-database.js";

afterAll(removeTemporaryFolders);

it("keeps integers beyond 2^53 exact", () => {
  const database = openForWriting(join(temporaryFolder(), "a.sqlite"));
  database.exec("CREATE TABLE amounts (nano_usd INTEGER) STRICT");
  const amounts = [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 0n];
  for (const amount of amounts) database.prepare("INSERT INTO amounts VALUES (?)").run(amount);
  expect(database.prepare("SELECT nano_usd FROM amounts").all()).toEqual(
    amounts.map((amount) => ({ nano_usd: amount })),
  );
  database.close();
});

it("reads beside the writer what it has committed, and changes nothing", () => {
  const path = join(temporaryFolder(), "odd #1 50% ?.sqlite");
  const writer = openForWriting(path);
  writer.exec("CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (1)");
  const reader = openForReading(path);
  writer.exec("BEGIN; INSERT INTO t VALUES (2)");
  expect(reader.prepare("SELECT a FROM t").all()).toEqual([{ a: 1n }]);
  writer.exec("COMMIT");
  expect(reader.prepare("SELECT a FROM t").all()).toEqual([{ a: 1n }, { a: 2n }]);
  expect(() => reader.exec("INSERT INTO t VALUES (3)")).toThrow("readonly");
  reader.close();
  writer.close();
});

it("has a commit on the disk before it returns", () => {
  const database = openForWriting(join(temporaryFolder(), "a.sqlite"));
  expect(database.prepare("PRAGMA synchronous").all()).toEqual([{ synchronous: 2n }]);
  expect(database.prepare("PRAGMA journal_mode").all()).toEqual([{ journal_mode: "wal" }]);
  database.close();
});

it("does not make a file that is only to be read", () => {
  const path = join(temporaryFolder(), "none.sqlite");
  expect(() => openForReading(path)).toThrow("Unable to open");
  expect(existsSync(path)).toBe(false);
});

it("refuses what is no database", () => {
  const path = join(temporaryFolder(), "text.sqlite");
  writeFileSync(path, "A text is no database, however long it may be. ".repeat(200));
  expect(() => openForWriting(path)).toThrow("file is not a database");
});

it("belongs to its owner alone, and so do the files beside it", () => {
  if (process.platform === "win32") return;
  const path = join(temporaryFolder(), "a.sqlite");
  writeFileSync(path, "", { mode: 0o644 });
  const database = openForWriting(path);
  database.exec("CREATE TABLE t (a INTEGER) STRICT");
  for (const end of ["", "-wal", "-shm"]) expect(statSync(`${path}${end}`).mode & 0o777).toBe(0o600);
  database.close();
});
