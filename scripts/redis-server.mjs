/**
 * The Redis that tests and drills start. It is the machine's own or, on Debian and its like, the distribution's package,
 * unpacked into node_modules/.cache.
 */
import { join } from "node:path";
import { runs, unpackPackages } from "./debian-packages.mjs";
import { root } from "./setup.mjs";

const cache = join(root, "node_modules", ".cache", "redis");
const unpacked = join(cache, "bin", "redis-server");

/** What the package needs beyond what every Debian has. */
const packages = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"];

/** Where a redis-server is, with redis-cli beside it or on the PATH; `undefined`, said on the terminal, if there is none. */
export function redisServerProgram() {
  if (runs("redis-server")) return "redis-server";
  if (runs(unpacked) || (unpack() && runs(unpacked))) return unpacked;
  console.error("No redis-server was found or could be fetched: tests that need one are skipped.");
  console.error(
    "  - Install it (Debian: apt-get install redis-server; macOS: brew install redis) and run them again.",
  );
  return undefined;
}

function unpack() {
  console.error("Fetching redis-server for the tests (first run) ...");
  return unpackPackages(cache, packages, ["usr/bin/redis-server", "usr/bin/redis-cli"]);
}
