/**
 * `node scripts/bench/ledger.mjs`: what does the ledger cost, how large does it get, and how long does a start behind a crash
 * take? A process writes `--attempts` to a journal and is killed with 1,000 of them under way, twice; the ledger is opened and
 * catches up each time, the second time on a ledger that is full already. Then it is asked.
 */
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { intentOf, newAttemptId, outcomeOf, requestOf } from "./journal-records.mjs";
import { table } from "./report/table.mjs";

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "100000" },
    folder: { type: "string", default: tmpdir() },
    // Of the process that is killed.
    "write-into": { type: "string" },
  },
});

const underWay = 1_000;
const writtenAtOnce = 256;
const writtenSecondly = 5_000;

if (values["write-into"] === undefined) setUp();
const { Journal, Ledger, attemptColumns, exported } = await import("../../packages/accounts/dist/index.js");

if (values["write-into"] === undefined) await measure(Number(values.attempts));
else await writeUntilKilled(values["write-into"], Number(values.attempts));

async function measure(attempts) {
  const folder = mkdtempSync(join(values.folder, "darkroom-ledger-"));
  try {
    await killedWriter(folder, attempts);
    const filled = await opened(folder);
    await closed(filled);
    const bytes = statSync(join(folder, "ledger.sqlite")).size;
    await killedWriter(folder, writtenSecondly);
    const reopened = await opened(folder);
    const { reports } = reopened.ledger;
    const asked = [
      ["sum of all", () => reports.sum({})],
      ["sum of all by deployment", () => reports.sumBy({}, "deployment")],
      ["page of 50", () => reports.attempts({}, { limit: 50 })],
      ["page of 50, uncertain", () => reports.attempts({ state: "uncertain" }, { limit: 50 })],
      ["spend of a meter", () => reports.spend({ meter: "team-red" })],
    ];
    const rows = [
      ["attempts", String(attempts)],
      ["applied, attempts/s, each with its request", (filled.applied / filled.catchUpSeconds).toFixed(0)],
      ["CPU of it, µs an attempt", (filled.cpuMicroseconds / filled.applied).toFixed(1)],
      ["bytes an attempt, its request included", (bytes / filled.applied).toFixed(0)],
      ["start behind a crash: journal, ms", reopened.journalMs.toFixed(0)],
      ["then the ledger, ms", reopened.ledgerMs.toFixed(0)],
      [`then ${reopened.lag} entries applied, ms`, (reopened.catchUpSeconds * 1000).toFixed(0)],
    ];
    for (const [name, ask] of asked) {
      const start = performance.now();
      await ask();
      rows.push([`${name}, ms`, (performance.now() - start).toFixed(0)]);
    }
    rows.push(...(await exportOf(reports)));
    await closed(reopened);
    console.log(table(["", "figure"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function opened(folder) {
  const start = performance.now();
  const journal = await Journal.open({ folder });
  const journalMs = performance.now() - start;
  const ledger = await Ledger.open({ folder, journal });
  const ledgerMs = performance.now() - start - journalMs;
  const lag = ledger.lagEntries;
  const cpu = process.cpuUsage();
  const caught = performance.now();
  await ledger.catchUp();
  const { user, system } = process.cpuUsage(cpu);
  const catchUpSeconds = (performance.now() - caught) / 1000;
  const { rows: applied } = await ledger.reports.sum({});
  return {
    journal,
    ledger,
    journalMs,
    ledgerMs,
    lag,
    applied,
    catchUpSeconds,
    cpuMicroseconds: user + system,
  };
}

async function closed({ journal, ledger }) {
  await ledger.close();
  await journal.close();
}

async function exportOf(reports) {
  const start = performance.now();
  const before = process.memoryUsage.rss();
  let [bytes, most] = [0, before];
  for await (const part of exported((page) => reports.attempts({}, page), attemptColumns, "jsonl")) {
    bytes += part.length;
    most = Math.max(most, process.memoryUsage.rss());
  }
  return [
    ["export as JSON Lines, MB", (bytes / 1e6).toFixed(0)],
    ["its time, s", ((performance.now() - start) / 1000).toFixed(1)],
    ["memory that it adds, MiB", ((most - before) / 1024 ** 2).toFixed(0)],
  ];
}

async function killedWriter(folder, attempts) {
  const flags = ["--write-into", folder, "--attempts", String(attempts)];
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...flags], { stdio: "inherit" });
  const [code, signal] = await once(child, "exit");
  if (signal !== "SIGKILL") throw new Error(`the writing process ended with ${code ?? signal}`);
}

async function writeUntilKilled(folder, attempts) {
  const journal = await Journal.open({ folder });
  let begun = 0;
  const lane = async () => {
    while (begun < attempts) {
      begun += 1;
      const [attemptId, requestId] = [newAttemptId(), randomUUID()];
      await journal.intend(intentOf(attemptId, requestId));
      await journal.conclude(outcomeOf(attemptId));
      journal.note("request", requestOf(requestId));
    }
  };
  await Promise.all(Array.from({ length: writtenAtOnce }, lane));
  await Promise.all(
    Array.from({ length: underWay }, () => journal.intend(intentOf(newAttemptId(), randomUUID()))),
  );
  process.kill(process.pid, "SIGKILL");
}
