/**
 * `node scripts/failing-disk.mjs`: what becomes of the journal when its disk is full, and when an fsync fails? Neither can be
 * had everywhere: a full disk wants a small one (`unshare` and a tmpfs), a failing fsync wants strace. What cannot be had is
 * said, and makes the exit code 2.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

/** The disk fails from this fsync on: late enough that the journal is open and has written for a while. */
const failingFsync = 60;

const program = join(root, "scripts", "intend-until-refused.mjs");

setUp();
const { Journal } = await import("../packages/accounts/dist/index.js");
const shown = [await showFullDisk(), await showFailingFsync()];
if (process.exitCode === undefined && shown.includes(false)) process.exitCode = 2;

async function showFullDisk() {
  console.log("\nA full disk:");
  const mount = (then) => ["--mount", "sh", "-c", `mount -t tmpfs -o size=2m tmpfs "$0" && ${then}`];
  const ways = [["--user", "--map-root-user"], []];
  const way = ways.find((flags) => spawnSync("unshare", [...flags, ...mount("true"), tmpdir()]).status === 0);
  if (way === undefined) {
    console.log("  cannot be shown here: this system lets nobody mount a small disk for one process alone.");
    return false;
  }
  await inFolder(async (folder) => {
    const printed = await run("unshare", [
      ...way,
      ...mount('exec "$@"'),
      folder,
      process.execPath,
      program,
      folder,
      "--fill",
    ]);
    expectLine(printed, /a later intent: .*full \(heals: true/);
    expectLine(printed, /the outcome of an intent: .*full \(heals: true, kept: true/);
    expectLine(printed, /an intent after room was made: written/);
    expectLine(printed, /entries: 1/);
  });
  return true;
}

async function showFailingFsync() {
  console.log("\nA failing fsync:");
  const inject = [
    "-e",
    "trace=fsync,fdatasync",
    "-e",
    `inject=fsync,fdatasync:error=EIO:when=${failingFsync}+`,
  ];
  if (spawnSync("strace", ["-f", "-o", "/dev/null", ...inject, "true"]).status !== 0) {
    console.log("  cannot be shown here: there is no strace, or it may not trace.");
    return false;
  }
  await inFolder(async (folder) => {
    const trace = ["-f", "-qq", "-o", "/dev/null", ...inject];
    const printed = await run("strace", [...trace, process.execPath, program, folder]);
    expectLine(printed, /a later intent: .*heals: false/);
    expectLine(printed, /the outcome of an intent: .*heals: false, kept: false/);
    const told = Number(/told: (\d+)/.exec(printed)?.[1]);
    const journal = await Journal.open({ folder });
    console.log(`  the next start finds ${journal.recovered} attempts without outcome; ${told} were told.`);
    if (!(told > 0 && journal.recovered >= told)) fail("An intent that was told is lost.");
    await journal.close();
  });
  return true;
}

async function inFolder(show) {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-failing-disk-"));
  try {
    await show(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  await once(child, "close");
  console.log(printed.trim().replace(/^/gm, "  "));
  return printed;
}

function expectLine(printed, pattern) {
  if (!pattern.test(printed)) fail(`Nothing printed matches ${pattern}.`);
}

function fail(message) {
  console.log(`  FAILED: ${message}`);
  process.exitCode = 1;
}
