/**
 * `node scripts/bench/journal.mjs`: what does writing the journal cost? So many attempts at a time are intended, concluded
 * and noted, again and again, on the disk of the system's temporary folder or of `--folder`.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { intentOf, outcomeOf, requestOf } from "./journal-records.mjs";
import { table } from "./report/table.mjs";
import { percentile } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    seconds: { type: "string", default: "3" },
    // Between intent and outcome; an upstream that answers at once makes all move in step.
    "upstream-ms": { type: "string", default: "0" },
    "in-flight": { type: "string", multiple: true, default: ["1", "32", "256"] },
  },
});

const upstreamMs = Number(values["upstream-ms"]);

setUp();
const { Journal } = await import("../../packages/accounts/dist/index.js");

const rows = [];
for (const inFlight of values["in-flight"])
  rows.push(await measure(Number(inFlight), Number(values.seconds) * 1000));
console.log(
  table(
    [
      "attempts in flight",
      "attempts/s",
      "rows/s",
      "bytes/row",
      "commit wait p50, ms",
      "p99, ms",
      "CPU µs/attempt",
      "of it system",
      "RSS, MiB",
    ],
    rows,
  ),
);

/** An attempt is an intent, an outcome and its request's record: two of these stay in the file as rows. */
async function measure(inFlight, milliseconds) {
  const folder = mkdtempSync(join(values.folder, "darkroom-journal-"));
  const journal = await Journal.open({ folder });
  try {
    await drive(journal, inFlight, 500);
    const before = journal.committed;
    const cpu = process.cpuUsage();
    const start = performance.now();
    const { attempts, waits } = await drive(journal, inFlight, milliseconds);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const written = journal.committed - before;
    const rss = process.memoryUsage.rss();
    await journal.close();
    return [
      String(inFlight),
      (attempts / seconds).toFixed(0),
      (written / seconds).toFixed(0),
      (statSync(join(folder, "journal.sqlite")).size / journal.committed).toFixed(0),
      percentile(waits, 0.5).toFixed(2),
      percentile(waits, 0.99).toFixed(2),
      ((user + system) / attempts).toFixed(1),
      (system / attempts).toFixed(1),
      (rss / 1024 ** 2).toFixed(0),
    ];
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** So many attempts at a time, each begun when one has ended. */
async function drive(journal, inFlight, milliseconds) {
  const waits = [];
  const end = performance.now() + milliseconds;
  const lane = async () => {
    while (performance.now() < end) {
      const requestId = randomUUID();
      const attemptId = randomUUID();
      const intended = performance.now();
      await journal.intend(intentOf(attemptId, requestId));
      const intendedMs = performance.now() - intended;
      if (upstreamMs > 0) await delay(upstreamMs * (0.5 + Math.random()));
      const answered = performance.now();
      await journal.conclude(outcomeOf(attemptId));
      waits.push(intendedMs, performance.now() - answered);
      journal.note("request", requestOf(requestId));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { attempts: waits.length / 2, waits };
}
