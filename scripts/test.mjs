/** `npm test`: sets up, runs the tests of every package, ends with a line that says how many passed and failed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { postgresPrograms } from "./postgres-server.mjs";
import { redisServerProgram } from "./redis-server.mjs";
import { root, setUp } from "./setup.mjs";
import { withoutUserSettings } from "./user-settings.mjs";

const help = `npm test [-- what and how]

  npm test                                          every test of every package
  npm test packages/router/src/router.test.ts       one file, from where you stand, or every file of a folder
  npm test -- --selectProjects router accounts      some packages
  npm test -- -t "half up"                          the tests of that name
  npm test -- --watch                               again on every change

Arguments after -- go to jest. Settings of yours for OpenAI, Azure, LiteLLM, Darkroom, Redis and databases are kept from
the tests. Those that need Redis or PostgreSQL start servers of their own: the machine's or, on Debian and its like, some
that are fetched into a cache; elsewhere they are skipped, which is said. The last line is "N passed, N failed"; a test file that cannot be loaded counts as one failed. With CI=true a
skipped test makes the run fail.`;

/** Written as the very last thing, whatever ends this process: a run that cannot be counted is itself a failure. */
let closingLine = "0 passed, 1 failed";

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(help);
} else {
  process.once("exit", () => writeSync(process.stdout.fd, `${closingLine}\n`));
  setUp();
  process.exitCode = test(args.map(asJestPattern));
}

/** Runs jest; returns the exit code. */
function test(jestArgs) {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-tests-"));
  const resultFile = join(folder, "result.json");
  const jest = [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    join(root, "node_modules", "jest", "bin", "jest.js"),
    ...jestArgs,
    // Last, since jest would take a path that follows them for one more reporter.
    "--reporters=default",
    `--reporters=${join(root, "scripts", "test-result-reporter.mjs")}`,
  ];
  const env = {
    ...withoutUserSettings(process.env),
    REDIS_SERVER_PROGRAM: redisServerProgram() ?? "none",
    POSTGRES_PROGRAMS: postgresPrograms() ?? "none",
    TEST_RESULT_FILE: resultFile,
  };
  const { status } = spawnSync(process.execPath, jest, { cwd: root, env, stdio: "inherit" });
  const result = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, "utf8")) : undefined;
  rmSync(folder, { recursive: true, force: true });
  return conclude(status ?? 1, result);
}

function conclude(status, result) {
  if (result === undefined && status !== 0) {
    console.error("\nThe test runner ended before it could count; the run itself is counted as failed.");
    return status;
  }
  const { passed, failed, skipped } = result ?? { passed: 0, failed: 0, skipped: 0 };
  closingLine = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  if (status !== 0) return status;
  return failed > 0 || isRefusedInCi(passed, skipped) ? 1 : 0;
}

function isRefusedInCi(passed, skipped) {
  if (process.env.CI !== "true") return false;
  if (skipped > 0) console.error("\nSkipped tests make the run fail, since CI=true.");
  if (passed === 0) console.error("\nNo test has passed, which makes the run fail, since CI=true.");
  return skipped > 0 || passed === 0;
}

/** A path is meant from the folder where the user typed it; jest takes a pattern, so its special characters are escaped. */
function asJestPattern(arg) {
  // npm runs scripts in the project's folder and leaves the user's own in INIT_CWD.
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), arg);
  const isPath = !arg.startsWith("-") && /[\\/]|\.ts$/.test(arg) && existsSync(path);
  return isPath ? path.replace(/[()[\]{}+*?^$|]/g, "\\$&") : arg;
}
