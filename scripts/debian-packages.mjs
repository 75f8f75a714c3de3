/**
 * Programs that npm does not have: from the machine, or of Debian's packages. Those that tests start are unpacked into a
 * folder of ours, which takes no rights and changes nothing else on the machine; those that checks run are installed in CI.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";

/**
 * Unpacks packages, and makes a `bin` beside them with programs that find the libraries which came along.
 * @param programs by their paths in the packages
 * @returns whether that has succeeded; it does not where there is no apt
 */
export function unpackPackages(folder, packages, programs) {
  if (!runs("apt-get") || !runs("dpkg-deb")) return false;
  const downloads = join(folder, "downloads");
  rmSync(folder, { recursive: true, force: true });
  for (const made of ["lists/partial", "downloads/partial"])
    mkdirSync(join(folder, made), { recursive: true });
  // Lists of its own: those of the machine may be absent, or not ours to renew.
  const own = [
    `Dir::State::lists=${join(folder, "lists")}`,
    `Dir::Cache=${downloads}`,
    "APT::Sandbox::User=",
  ].flatMap((option) => ["-o", option]);
  if (!succeeds("apt-get", [...own, "-qq", "update"], folder)) return false;
  if (!succeeds("apt-get", [...own, "-qq", "download", ...packages], downloads)) return false;
  const files = readdirSync(downloads).filter((name) => name.endsWith(".deb"));
  if (!files.every((name) => succeeds("dpkg-deb", ["-x", join(downloads, name), folder], folder)))
    return false;
  for (const done of ["lists", "downloads"]) rmSync(join(folder, done), { recursive: true });
  wrap(folder, programs);
  return true;
}

export const runs = (program) => spawnSync(program, ["--version"]).status === 0;

function wrap(folder, programs) {
  const folders = [join(folder, "usr", "lib"), join(folder, "lib")].filter(existsSync);
  const libraries = folders.flatMap((lib) => [
    lib,
    ...readdirSync(lib, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(lib, name)),
  ]);
  mkdirSync(join(folder, "bin"));
  for (const path of programs) {
    const program = join(folder, "bin", basename(path));
    const original = join(folder, path);
    writeFileSync(program, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries.join(":")}' exec '${original}' "$@"\n`);
    chmodSync(program, 0o755);
  }
}

const succeeds = (program, args, cwd) =>
  spawnSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 }).status === 0;

/**
 * Whether these programs are there. In CI (`CI=true`) missing ones are installed; elsewhere nothing is changed on a machine,
 * and it is said what to install.
 *
 * @param {string[]} programs
 * @param {string[]} packages Debian's, that bring them
 * @throws Error in CI, where they cannot be installed
 */
export function havePrograms(programs, packages) {
  if (programs.every(isOnPath)) return true;
  const command = `apt-get install ${packages.join(" ")}`;
  if (process.env.CI !== "true") {
    console.log(`Skipped: it needs ${programs.join(" and ")} (on Debian: ${command}).`);
    return false;
  }
  // Within a container no service is to be started by what is installed.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const args of [
    ["-qq", "update"],
    ["-qq", "install", "--yes", "--no-install-recommends", ...packages],
  ]) {
    const { status, stderr, error } = spawnSync("apt-get", args, { env, encoding: "utf8", timeout: 300_000 });
    if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
  }
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length > 0) throw new Error(`${command} did not bring ${missing.join(" and ")}.`);
  return true;
}

const isOnPath = (program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
