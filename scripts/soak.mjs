/**
 * `node scripts/soak.mjs [--minutes 30]`: constant mixed load for a long time, and whether Darkroom's memory ends on a
 * plateau. scripts/bench/README.md says what the load is. Traffic goes to 127.0.0.1 alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readGauges } from "./bench/gauges.mjs";
import { describeMachine } from "./bench/machine.mjs";
import { deploymentModel } from "./bench/payloads.mjs";
import { runTarget } from "./bench/run-target.mjs";
import { curve } from "./bench/soak/curve.mjs";
import { judgePlateau, plateauRule } from "./bench/soak/plateau.mjs";
import { Traffic, payloads } from "./bench/soak/traffic.mjs";
import { SoakUpstream } from "./bench/soak/upstream.mjs";
import { darkroom, launchWith } from "./bench/targets/darkroom.mjs";
import { clientKey, upstreamKey } from "./bench/targets/target.mjs";
import { setUp } from "./setup.mjs";

const help = `node scripts/soak.mjs [options]

  --minutes N  default: 30
  --rate N     edits a second; default: 12
  --json FILE  writes every sample; default: soak.json
  --svg FILE   writes the picture; default: soak.svg

Fails unless memory ends on a plateau, every byte was right, and nothing is held at the end.`;

const mebibyte = 1024 ** 2;
const sampleEveryMs = 2000;
/** What clients left behind is read to its end for a minute at most. */
const idleLimitMs = 90_000;

const text = (value) => ({ type: "string", default: value });
const { values } = parseArgs({
  options: {
    minutes: text("30"),
    rate: text("12"),
    json: text("soak.json"),
    svg: text("soak.svg"),
    help: { type: "boolean", short: "h", default: false },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (values.help) console.log(help);
else if (!(minutes > 0 && rate > 0)) throw new Error("--minutes and --rate are numbers above 0.");
else process.exitCode = (await soak()) ? 0 : 1;

async function soak() {
  setUp();
  const folder = mkdtempSync(join(tmpdir(), "darkroom-soak-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const upstream = new SoakUpstream();
  const upstreamPort = await upstream.listen();
  try {
    const launch = (place) => launchWith(configuration(upstreamPort), place);
    const gateway = await runTarget({ ...darkroom, launch }, { upstreamPort, folder });
    try {
      return conclude(await run(gateway), upstream);
    } finally {
      await gateway.end();
    }
  } finally {
    upstream.close();
  }
}

/** Each payload is a group of two deployments, so that a failed call finds another one. */
function configuration(upstreamPort) {
  const deployments = payloads.flatMap((payload) =>
    ["one", "two"].map((name) => ({
      model_name: payload,
      litellm_params: {
        model: `openai/${deploymentModel}`,
        api_key: `${upstreamKey}-${name}`,
        api_base: `http://127.0.0.1:${upstreamPort}/${encodeURIComponent(payload)}/v1`,
      },
    })),
  );
  return { model_list: deployments, general_settings: { master_key: clientKey } };
}

async function run(gateway) {
  const traffic = new Traffic(gateway);
  const samples = [];
  const startedAtMs = performance.now();
  const sample = async () => {
    const atSeconds = (performance.now() - startedAtMs) / 1000;
    samples.push({ atSeconds, ...(await readGauges(gateway)) });
  };
  console.log(`${rate} edits a second for ${minutes} min; gateway ${gateway.pid}`);
  traffic.start(rate);
  for (let told = 0; performance.now() - startedAtMs < minutes * 60_000; ) {
    await pause(sampleEveryMs);
    await sample();
    const passed = Math.floor(samples.at(-1).atSeconds / 60);
    if (passed === told) continue;
    told = passed;
    console.log(
      `${passed} min: ${shown(samples.at(-1).rssBytes)} resident, ${JSON.stringify(traffic.counts)}`,
    );
  }
  traffic.stop();
  return { traffic, samples, atRest: await restOf(gateway, traffic) };
}

/** Waits until nothing runs any more: what is held then is held for ever. */
async function restOf(gateway, traffic) {
  const deadline = performance.now() + idleLimitMs;
  for (;;) {
    const rest = await readGauges(gateway);
    const isIdle = traffic.inFlight === 0 && rest.editsInFlight === 0;
    if ((isIdle && rest.uploadBytes + rest.answerBytes === 0) || performance.now() > deadline) return rest;
    await pause(200);
  }
}

function conclude({ traffic, samples, atRest }, upstream) {
  const { counts, firstFault } = traffic;
  const { isPlateau, growth, mean } = judgePlateau(
    samples.map(({ atSeconds, rssBytes }) => ({ atSeconds, value: rssBytes })),
  );
  const { node, processor, cores } = describeMachine();
  const day = new Date().toISOString().slice(0, 10);
  const sent = counts.right + counts.left + counts.failed + counts.wrong;
  const caption = `${day}, ${processor}, ${cores} cores, Node ${node}; ${rate} edits a second, ${sent} in all, 64 KiB to 8 MiB`;
  const percent = `${growth >= 0 ? "+" : ""}${(growth * 100).toFixed(1)} %`;
  const verdict = `Last third: ${shown(mean)} resident on average, ${percent}: ${isPlateau ? "a plateau" : "NO PLATEAU"}.`;
  writeFileSync(values.svg, curve(samples, caption, verdict));
  const uploads = { checked: upstream.uploads, wrong: upstream.wrong, firstFault: upstream.firstFault };
  const judged = { isPlateau, growth, meanBytes: mean, rule: plateauRule };
  writeFileSync(
    values.json,
    JSON.stringify({ caption, counts, firstFault, uploads, ...judged, atRest, samples }),
  );
  const held = atRest.uploadBytes + atRest.answerBytes + atRest.editsInFlight;
  const wrong = counts.wrong + upstream.wrong;
  const fault = firstFault ?? upstream.firstFault;
  console.log(`
${verdict}
(${plateauRule})
highest resident: ${shown(Math.max(...samples.map(({ rssBytes }) => rssBytes)))}, at rest: ${shown(atRest.rssBytes)}
held at rest: ${held === 0 ? "nothing" : JSON.stringify(atRest)}
answers: ${JSON.stringify(counts)}; uploads: ${upstream.uploads} checked, ${upstream.wrong} wrong${fault === undefined ? "" : `; the first: ${fault}`}
${values.json} and ${values.svg} are written.`);
  return isPlateau && held === 0 && wrong === 0 && counts.right > 0;
}

function shown(bytes) {
  return `${(bytes / mebibyte).toFixed(0)} MiB`;
}
