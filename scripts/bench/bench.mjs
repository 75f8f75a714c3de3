/** `npm run bench`: Darkroom beside other gateways, in one run. README.md says what is measured and how to read it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUp } from "../setup.mjs";
import { describeMachine, machineRemarks } from "./machine.mjs";
import { help, parseOptions } from "./options.mjs";
import { compareOverhead } from "./overhead.mjs";
import { profileDarkroom } from "./profile.mjs";
import { Progress } from "./progress.mjs";
import { chart } from "./report/chart.mjs";
import { scenarioReport, table } from "./report/table.mjs";
import { runInRotation, runOneByOne } from "./rotation.mjs";
import { runTarget } from "./run-target.mjs";
import { estimatedMs, scenariosOf } from "./scenarios.mjs";
import { summarise } from "./summary.mjs";
import { startUpstream } from "./upstream-process.mjs";

const options = optionsOrExit();
setUp();
const folder = mkdtempSync(join(tmpdir(), "darkroom-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const upstream = await startUpstream();
const place = { upstreamPort: upstream.port, folder };
try {
  const passed = await chosenRun();
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(`\nThe benchmark could not go on: ${error.message}`);
  process.exitCode = 1;
} finally {
  await upstream.end();
}

function chosenRun() {
  if (options.profile) return profileDarkroom(options, upstream, place);
  return options.overhead ? compareOverhead(options, upstream, place) : compare();
}

/** @returns {Promise<boolean>} whether everything that is there works and every byte was right */
async function compare() {
  const machine = describeMachine();
  const prepared = await prepareTargets();
  console.log(introduction(machine, prepared));
  const present = prepared.filter(({ missing }) => missing === undefined).map(({ target }) => target);
  const { running, failures } = await startAll(present);
  for (const failure of failures) console.log(`\n${failure}`);
  const working = running.map(({ target }) => target);

  const scenarios = scenariosOf(options);
  const progress = new Progress(scenarios.reduce((sum, each) => sum + estimatedMs(each, working.length), 0));
  const results = [];
  try {
    for (const scenario of scenarios) {
      const measured = scenario.isFresh
        ? await runOneByOne(scenario, working, place, upstream, progress)
        : await runInRotation(scenario, running, upstream, progress);
      const rows = summarise(measured, options.base);
      results.push({ scenario, rows, measured });
      progress.clear();
      console.log(scenarioReport(scenario, rows, options.base));
    }
  } finally {
    await Promise.all(running.map((each) => each.end()));
  }

  if (options.json !== undefined)
    writeFileSync(options.json, JSON.stringify(report(machine, prepared, failures, results)));
  if (options.svg !== undefined) writeFileSync(options.svg, chart(results, caption(machine), options.base));
  return conclude(results, failures);
}

function optionsOrExit() {
  try {
    const parsed = parseOptions(process.argv.slice(2));
    if (parsed !== undefined) return parsed;
    console.log(help);
    return process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n(\`npm run bench -- --help\` explains)`);
    return process.exit(1);
  }
}

async function prepareTargets() {
  const prepared = [];
  for (const target of options.targets) {
    prepared.push({ target, ...(await target.prepare({ mayInstall: !options.smoke })) });
  }
  return prepared;
}

/** A target that does not start is a failure; the others are measured all the same. */
async function startAll(targets) {
  const running = [];
  const failures = [];
  for (const target of targets) {
    try {
      running.push(await runTarget(target, place));
    } catch (error) {
      failures.push(`${target.name} FAILED to start: ${error.message}`);
    }
  }
  return { running, failures };
}

function introduction(machine, prepared) {
  const rows = prepared.map(({ target, version, missing }) => [
    target.name,
    missing === undefined ? version : `MISSING: ${missing}`,
    target.what,
  ]);
  return [
    caption(machine),
    ...machineRemarks(machine),
    "",
    table(["target", "version", "what it is"], rows, 3),
    "",
    "streamed: an answer is passed on as it comes; held: once it is complete. Ratios are taken within a round: median (min to max).",
  ].join("\n");
}

function caption({ processor, cores, memoryGiB, system, node }) {
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`;
}

/** Every figure of every round, so that others can calculate for themselves. */
function report(machine, prepared, failures, results) {
  return {
    at: new Date().toISOString(),
    command: ["npm", "run", "bench", "--", ...process.argv.slice(2)].join(" "),
    machine,
    targets: prepared.map(({ target: { name, what, answers }, version, missing }) => ({
      name,
      what,
      answers,
      version,
      missing,
    })),
    failures,
    scenarios: results.map(({ scenario, rows, measured }) => ({
      ...scenario,
      rows: rows.map((row, index) => ({ ...row, rounds: measured[index].rounds })),
    })),
  };
}

function conclude(results, failures) {
  const rows = results.flatMap((each) => each.rows);
  const checked = rows.reduce((sum, { right, wrong }) => sum + right + wrong, 0);
  const failed = failures.length + rows.filter(({ fault }) => fault !== undefined).length;
  console.log(
    `\n${checked} uploads and their answers checked byte for byte; ${failed === 0 ? "all right" : `${failed} FAILED`}.`,
  );
  return failed === 0 && checked > 0;
}
