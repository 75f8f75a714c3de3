import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { removeTemporaryFolders, temporaryFolder } from "./journal-folder.test.support.js";
import { findLogDamage } from "./write-ahead-log.js";

const headerBytes = 32;
const pageBytes = 512;
const frameBytes = 24 + pageBytes;
/** Two pages' worth, so that a transaction is several frames. */
const text = "x".repeat(2 * pageBytes);

let database: Database.Database;
let file: string;
/** A copy of the log, to be damaged. */
let log: string;
/** How many frames the log had after each transaction. */
let ends: number[];

/** SQLite reads with the copied log what it would read after a crash. */
function rowsAfterCrash(): number {
  const opened = new Database(log.slice(0, -"-wal".length));
  const rows = opened.prepare("SELECT count(*) FROM numbers").pluck().all()[0] as number;
  opened.close();
  return rows;
}

function write(number: number): void {
  database.prepare("INSERT INTO numbers VALUES (?, ?)").run(number, text);
  ends.push((readFileSync(`${file}-wal`).length - headerBytes) / frameBytes);
}

function crash(): void {
  copyFileSync(file, log.slice(0, -"-wal".length));
  copyFileSync(`${file}-wal`, log);
}

function change(offset: number, bytes = 1): void {
  const content = readFileSync(log);
  for (let index = offset; index < offset + bytes; index += 1) content[index] = (content[index] ?? 0) ^ 0x55;
  writeFileSync(log, content);
}

beforeEach(() => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "crashed"));
  file = join(folder, "numbers.sqlite");
  log = join(folder, "crashed", "numbers.sqlite-wal");
  ends = [];
  database = new Database(file);
  database.exec(`PRAGMA page_size = ${pageBytes}`);
  database.pragma("journal_mode = WAL");
  database.pragma("wal_autocheckpoint = 0");
  database.exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT NOT NULL)");
  database.pragma("wal_checkpoint(TRUNCATE)");
  for (let number = 1; number <= 5; number += 1) write(number);
  crash();
});

afterEach(() => {
  database.close();
});
afterAll(removeTemporaryFolders);

test("a log as it was written is whole", () => {
  expect(ends).toHaveLength(5);
  expect(findLogDamage(log)).toBeUndefined();
  expect(rowsAfterCrash()).toBe(5);
});

test("a log cut anywhere in its last transaction is what a crash leaves", () => {
  for (let length = headerBytes + ends[3]! * frameBytes; length < readFileSync(log).length; length += 100) {
    crash();
    truncateSync(log, length);
    expect(findLogDamage(log)).toBeUndefined();
  }
  expect(rowsAfterCrash()).toBe(4);
});

test("so is a last transaction of which parts are missing, wherever they are", () => {
  for (let frame = ends[3]!; frame < ends[4]!; frame += 1) {
    crash();
    change(headerBytes + frame * frameBytes, frameBytes);
    expect(findLogDamage(log)).toBeUndefined();
  }
});

test("any damage before the last transaction is found: SQLite would drop what is behind it", () => {
  // A header of a frame that was a commit may be gone with the commit it told of: at least its content counts.
  for (let frame = 0; frame < ends[3]! - 1; frame += 1) {
    for (const part of [24, 24 + pageBytes - 1]) {
      crash();
      change(headerBytes + frame * frameBytes + part);
      expect(findLogDamage(log)).toMatchObject({ offset: headerBytes + frame * frameBytes });
    }
  }
  expect(rowsAfterCrash()).toBeLessThan(4);
});

test("a damaged header of a log hides all that is behind it", () => {
  for (const offset of [0, 8, 16, 24, 31]) {
    crash();
    change(offset);
    expect(findLogDamage(log)).toEqual({ offset: 0, what: "its header is damaged" });
  }
});

test("a log in which nothing is written yet is whole", () => {
  for (const content of [Buffer.alloc(0), Buffer.alloc(20), Buffer.alloc(4096)]) {
    writeFileSync(log, content);
    expect(findLogDamage(log)).toBeUndefined();
  }
});

test("what was in the log before it was begun anew does not count", () => {
  database.pragma("wal_checkpoint(RESTART)");
  write(6);
  crash();
  expect(ends[5]).toBe(ends[4]);
  expect(findLogDamage(log)).toBeUndefined();
  expect(rowsAfterCrash()).toBe(6);

  write(7);
  crash();
  change(headerBytes + 24);
  expect(findLogDamage(log)).toMatchObject({ offset: headerBytes });
});
