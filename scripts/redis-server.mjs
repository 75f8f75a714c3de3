/**
 * The Redis that tests and drills start. It is the machine's own or, on Debian and its like, the distribution's package,
 * unpacked into node_modules/.cache: that takes no rights and changes nothing else on the machine.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

const runs = (program) => spawnSync(program, ["--version"]).status === 0;

function unpack() {
  if (!runs("apt-get") || !runs("dpkg-deb")) return false;
  console.error("Fetching redis-server for the tests (first run) ...");
  const downloads = join(cache, "downloads");
  rmSync(cache, { recursive: true, force: true });
  for (const folder of ["lists/partial", "downloads/partial"])
    mkdirSync(join(cache, folder), { recursive: true });
  // Lists of its own: those of the machine may be absent, or not ours to renew.
  const own = [
    `Dir::State::lists=${join(cache, "lists")}`,
    `Dir::Cache=${downloads}`,
    "APT::Sandbox::User=",
  ].flatMap((option) => ["-o", option]);
  if (!succeeds("apt-get", [...own, "-qq", "update"], cache)) return false;
  if (!succeeds("apt-get", [...own, "-qq", "download", ...packages], downloads)) return false;
  const files = readdirSync(downloads).filter((name) => name.endsWith(".deb"));
  if (!files.every((name) => succeeds("dpkg-deb", ["-x", join(downloads, name), cache], cache))) return false;
  for (const folder of ["lists", "downloads"]) rmSync(join(cache, folder), { recursive: true });
  wrap();
  return true;
}

/** Programs that find the libraries which came with them. */
function wrap() {
  const folders = [join(cache, "usr", "lib"), join(cache, "lib")].filter(existsSync);
  const libraries = folders.flatMap((folder) => [
    folder,
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name)),
  ]);
  mkdirSync(join(cache, "bin"));
  for (const name of ["redis-server", "redis-cli"]) {
    const program = join(cache, "bin", name);
    const original = join(cache, "usr", "bin", name);
    writeFileSync(program, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries.join(":")}' exec '${original}' "$@"\n`);
    chmodSync(program, 0o755);
  }
}

const succeeds = (program, args, cwd) =>
  spawnSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"], timeout: 120_000 }).status === 0;
