/**
 * `node scripts/bench/start-after-crash.mjs`: how long after a crash is the first edit served, with books of `--attempts` rows?
 * The books are filled, with the request of each attempt; then a gateway is killed on them with edits under way and started
 * again, `--starts` times, and the time is taken from the process to the first answer. An empty data folder is measured
 * beside it.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { intentOf, newAttemptId, outcomeOf, requestOf } from "./journal-records.mjs";
import { table } from "./report/table.mjs";
import { percentile } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "1000000" },
    starts: { type: "string", default: "5" },
    folder: { type: "string", default: tmpdir() },
  },
});

/** Filled in parts, so that ledger and journal keep step. */
const partAttempts = 20_000;
const writtenAtOnce = 256;
/** Of the edits that are under way when the gateway is killed. */
const underWay = 32;

setUp();
const system = new URL("../../packages/proxy/dist/system/", import.meta.url);
const { Journal, Ledger } = await import("../../packages/accounts/dist/index.js");
const { configFor, startGateway } = await import(new URL("running-gateway.js", system));
const { startSimulator } = await import(new URL("running-simulator.js", system));
const { sendEdit } = await import(new URL("edit-request.js", system));
const { stopAll } = await import(new URL("running-process.js", system));
const { until } = await import(new URL("until.js", system));

const fields = { model: "edits", size: "1024x1024", quality: "low" };
const simulator = await startSimulator();
const config = configFor(simulator, { groups: { edits: "gpt-image-1" } });
const kept = [0, Number(values.attempts)].map((attempts) => ({
  attempts,
  folder: mkdtempSync(join(values.folder, "darkroom-start-")),
  starts: [],
}));
try {
  for (const { attempts, folder } of kept) {
    if (attempts > 0) await fill(folder, attempts);
    await startAndCrash(folder);
  }
  // In turn, so that what else the machine does hits both.
  for (let count = 0; count < Number(values.starts); count += 1)
    for (const { folder, starts } of kept) starts.push(await startAndCrash(folder));
  console.log(
    table(
      ["rows", "ledger, MiB", "listening after, ms", "first edit served after, ms", "slowest"],
      kept.map(cells),
    ),
  );
} finally {
  await stopAll();
  for (const { folder } of kept) rmSync(folder, { recursive: true, force: true });
}

function cells({ attempts, folder, starts }) {
  const served = starts.map(({ servedMs }) => servedMs);
  const listening = starts.map(({ listeningMs }) => listeningMs);
  const bytes = ["", "-wal"].reduce(
    (sum, end) => sum + statSync(join(folder, `ledger.sqlite${end}`)).size,
    0,
  );
  return [
    String(attempts),
    (bytes / 1024 ** 2).toFixed(0),
    percentile(listening, 0.5).toFixed(0),
    percentile(served, 0.5).toFixed(0),
    Math.max(...served).toFixed(0),
  ];
}

/** Starts a gateway, has it serve one edit, and kills it with others under way. */
async function startAndCrash(folder) {
  const fromMs = performance.now();
  const gateway = await startGateway({ config, arguments: ["--data-dir", folder] });
  const listeningMs = performance.now() - fromMs;
  const { status } = await sendEdit(gateway.url, { fields });
  const servedMs = performance.now() - fromMs;
  if (status !== 200) throw new Error(`the first edit was answered with ${status}`);

  await simulator.setFaults({ fault: { kind: "hang", billed: true } });
  const before = (await simulator.bill()).totals.overall.requests;
  const lost = Array.from({ length: underWay }, () =>
    sendEdit(gateway.url, { fields }).catch(() => undefined),
  );
  await until(async () => (await simulator.bill()).totals.overall.requests === before + underWay);
  await gateway.stop();
  await Promise.all(lost);
  await simulator.setFaults();
  return { listeningMs, servedMs };
}

async function fill(folder, attempts) {
  const journal = await Journal.open({ folder });
  const ledger = await Ledger.open({ folder, journal });
  for (let written = 0; written < attempts; written += partAttempts) {
    let begun = 0;
    const lane = async () => {
      while (begun < Math.min(partAttempts, attempts - written)) {
        begun += 1;
        const [attemptId, requestId] = [newAttemptId(), randomUUID()];
        await journal.intend(intentOf(attemptId, requestId));
        await journal.conclude(outcomeOf(attemptId));
        journal.note("request", requestOf(requestId));
      }
    };
    await Promise.all(Array.from({ length: writtenAtOnce }, lane));
    await ledger.catchUp();
  }
  await ledger.close();
  await journal.close();
}
