/**
 * The PostgreSQL that tests and drills start. It is the machine's own or, on Debian and its like, the distribution's package,
 * unpacked into a cache.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runs, unpackPackages } from "./debian-packages.mjs";
import { root } from "./setup.mjs";

/** The server runs as another user where we are root, who need not see our folders. */
const cache =
  process.getuid?.() === 0
    ? join(tmpdir(), "darkroom-cache-postgresql")
    : join(root, "node_modules", ".cache", "postgresql");

/** What the package needs beyond what every Debian has. */
const libraries = [
  ...["libpq5", "libxml2", "libicu72", "libldap-2.5-0", "libsasl2-2", "libgssapi-krb5-2", "libkrb5-3"],
  ...["libk5crypto3", "libkrb5support0", "libkeyutils1", "libssl3"],
];

/** The folder of initdb and postgres; `undefined`, said on the terminal, if there is none. */
export function postgresPrograms() {
  const found = candidates().find(hasServer);
  if (found !== undefined) return found;
  const unpacked = join(cache, "bin");
  if (hasServer(unpacked) || (unpack() && hasServer(unpacked))) return unpacked;
  console.error("No PostgreSQL was found or could be fetched: tests that need one are skipped.");
  console.error(
    "  - Install it (Debian: apt-get install postgresql; macOS: brew install postgresql) and run them again.",
  );
  return undefined;
}

/** Distributions keep each version in a folder of its own, which is on no PATH. */
function candidates() {
  const versions = "/usr/lib/postgresql";
  const installed = existsSync(versions)
    ? readdirSync(versions)
        .sort((one, other) => Number(other) - Number(one))
        .map((version) => join(versions, version, "bin"))
    : [];
  const onPath = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" }).stdout?.trim();
  return [...installed, ...(onPath ? [onPath] : [])];
}

const hasServer = (folder) => ["postgres", "initdb"].every((name) => runs(join(folder, name)));

function unpack() {
  console.error("Fetching PostgreSQL for the tests (first run) ...");
  const folder = "usr/lib/postgresql/15/bin";
  return unpackPackages(
    cache,
    ["postgresql-15", "postgresql-client-15", ...libraries],
    ["postgres", "initdb"].map((name) => `${folder}/${name}`),
  );
}
