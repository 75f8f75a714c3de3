/** Programs that checks run and npm does not have: from the machine, or in CI from Debian's packages. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";

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
