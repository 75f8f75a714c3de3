import { join } from "node:path";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { migrate } from "./migrate.js";
import { openForWriting } from "./open-database.js";

afterAll(removeTemporaryFolders);

const first = "CREATE TABLE a (x INTEGER) STRICT";
const second = "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (1)";

function opened() {
  return openForWriting(join(temporaryFolder(), "a.sqlite"));
}

it("runs each migration once", () => {
  const database = opened();
  migrate(database, "a.sqlite", [first]);
  migrate(database, "a.sqlite", [first, second]);
  migrate(database, "a.sqlite", [first, second]);
  expect(database.prepare("SELECT x FROM b").all()).toEqual([{ x: 1n }]);
  database.close();
});

it("leaves the file as it was where a migration fails", () => {
  const database = opened();
  expect(() => migrate(database, "a.sqlite", [first, `${second}; nonsense`])).toThrow("syntax error");
  migrate(database, "a.sqlite", [first, second]);
  expect(database.prepare("SELECT x FROM b").all()).toEqual([{ x: 1n }]);
  database.close();
});

it("refuses a file of a newer version, and says so", () => {
  const database = opened();
  migrate(database, "a.sqlite", [first, second]);
  expect(() => migrate(database, "a.sqlite", [first])).toThrow(
    "a.sqlite was written by a newer version of Darkroom (its form is 2, known is 1)",
  );
  database.close();
});
