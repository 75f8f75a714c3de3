import { join } from "node:path";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { inTransaction } from "./in-transaction.js";
import { type LibsqlDatabase, openForWriting } from "./open-database.js";

afterAll(removeTemporaryFolders);

let database: LibsqlDatabase;

beforeEach(() => {
  database = openForWriting(join(temporaryFolder(), "a.sqlite"));
  database.exec("CREATE TABLE t (a TEXT) STRICT");
});

afterEach(() => {
  database.close();
});

const insert = (text: string): void => {
  database.prepare("INSERT INTO t VALUES (?)").run(text);
};
const count = (): unknown => database.prepare("SELECT count(*) AS count FROM t").all();

it("makes a change as a whole or not at all", () => {
  inTransaction(database, () => insert("one"));
  const failing = (): void =>
    inTransaction(database, () => {
      insert("two");
      throw new Error("no");
    });
  expect(failing).toThrow("no");
  expect(count()).toEqual([{ count: 1n }]);
});

it("tells what went wrong, also where that ended the transaction, and can go on", () => {
  database.pragma("max_page_count = 20");
  const tooMuch = (): void =>
    inTransaction(database, () => {
      for (let rows = 0; rows < 100; rows += 1) insert("x".repeat(4_000));
    });
  expect(tooMuch).toThrow("database or disk is full");
  expect(count()).toEqual([{ count: 0n }]);
  inTransaction(database, () => insert("one"));
  expect(count()).toEqual([{ count: 1n }]);
});
