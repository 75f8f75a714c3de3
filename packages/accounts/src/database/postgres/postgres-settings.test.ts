import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresName, settingsFromPostgresUrl } from "./postgres-settings.js";

it.each([
  ["postgresql://ann@db", { host: "db", port: 5432, user: "ann", database: "ann" }],
  [
    "postgres://ann:p%40ss%3A@db:6000/books",
    { host: "db", port: 6000, password: "p@ss:", database: "books" },
  ],
  ["postgresql://ann@[::1]:6000/books", { host: "::1", port: 6000 }],
  ["postgresql://ann@/books?host=/var/run/postgresql", { host: "/var/run/postgresql", database: "books" }],
  ["postgresql://ann@%2Ftmp%2Fsocket/books", { host: "/tmp/socket", database: "books" }],
  ["postgresql:///books?user=ann&password=x", { host: "localhost", user: "ann", password: "x" }],
  ["postgresql://ann@db/books?schema=public&connection_limit=10&pgbouncer=true", { schema: "darkroom" }],
])("reads %s", (url, expected) => {
  const settings = settingsFromPostgresUrl(url);
  expect(settings).toMatchObject(expected);
  expect(settings.tls).toBeUndefined();
});

it("reads TLS as libpq does", () => {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-tls-"));
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, "certificate");
  const tls = (query: string) => settingsFromPostgresUrl(`postgresql://ann@db/books?${query}`).tls;
  expect(tls("sslmode=require")).toEqual({ verify: "require" });
  expect(tls(`sslmode=require&sslrootcert=${ca}`)).toEqual({ verify: "verify-ca", ca: "certificate" });
  expect(tls(`sslmode=verify-full&sslrootcert=${ca}`)).toEqual({ verify: "verify-full", ca: "certificate" });
  expect(() => tls("sslmode=verify-ca&sslrootcert=/none")).toThrow("expected sslrootcert to be a file");
  expect(() => tls("sslmode=maybe")).toThrow("expected sslmode to be");
  rmSync(folder, { recursive: true });
});

it.each([
  "",
  "mysql://u:4711@h/d",
  "postgres//u:4711@h",
  "postgresql://u:4711%@h/d",
  "postgresql://u:47@11@h/d",
  "postgresql://u:4711@h:99999/d",
  "postgresql://h/4711",
])("refuses %s, and tells nothing of it", (url) => {
  let message = "";
  try {
    settingsFromPostgresUrl(url);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/^expected/);
  expect(message).not.toContain("4711");
});

it.each(["Darkroom", "a-b", "a; DROP TABLE x", "1a", "x".repeat(64)])("refuses the schema %s", (schema) => {
  expect(() => settingsFromPostgresUrl("postgresql://u@h/d", schema)).toThrow("expected a schema's name");
});

it("has a name without a secret", () => {
  expect(postgresName(settingsFromPostgresUrl("postgresql://ann:secret@db/books", "mine"))).toBe(
    "database 'books' on db:5432, schema 'mine'",
  );
  expect(postgresName(settingsFromPostgresUrl("postgresql://ann@/books?host=/run"))).toBe(
    "database 'books' on the socket in /run, schema 'darkroom'",
  );
});
