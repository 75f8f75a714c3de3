/**
 * `node scripts/bench/memory.mjs`: is Darkroom's memory what it holds for others, plus a constant? So many uploads at once,
 * an upstream that takes its time; the peak is the operating system's, what is held is what both byte budgets say.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { readGauges } from "./gauges.mjs";
import { runLoad } from "./load-process.mjs";
import { isMeasurable } from "./measure.mjs";
import { describePayload, parsePayload } from "./payloads.mjs";
import { runTarget } from "./run-target.mjs";
import { darkroom } from "./targets/darkroom.mjs";
import { startUpstream } from "./upstream-process.mjs";

const help = `node scripts/bench/memory.mjs [options]

  --payload UP:DOWN  default: 4m:2m
  --uploads N        in flight at once; default: 64
  --delay MS         that the upstream takes; default: 300
  --seconds S        default: 20

Fails if the peak of resident memory is above uploads in flight + answers held + 150 MiB, or an answer was wrong.`;

const mebibyte = 1024 ** 2;
/** What Darkroom may take for itself: Node, its code, connections, and garbage that is not collected yet. */
const ownBytes = 150 * mebibyte;
const sampleEveryMs = 50;
const warmUpMs = 500;

const text = (value) => ({ type: "string", default: value });
const { values } = parseArgs({
  options: {
    payload: text("4m:2m"),
    uploads: text("64"),
    delay: text("300"),
    seconds: text("20"),
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) console.log(help);
else process.exitCode = (await measure()) ? 0 : 1;

async function measure() {
  if (!isMeasurable) throw new Error("The peak of memory is read from Linux's /proc.");
  setUp();
  const folder = mkdtempSync(join(tmpdir(), "darkroom-memory-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const upstream = await startUpstream();
  try {
    const gateway = await runTarget(darkroom, { upstreamPort: upstream.port, folder });
    try {
      return await load(gateway, upstream);
    } finally {
      await gateway.end();
    }
  } finally {
    await upstream.end();
  }
}

async function load(gateway, upstream) {
  const { port, headers, pid } = gateway;
  const payload = parsePayload(values.payload);
  const [connections, delayMs, seconds] = [values.uploads, values.delay, values.seconds].map(Number);
  await upstream.configure({ payload: payload.text, model: darkroom.model, delayMs });
  const watch = watchHeld(gateway);
  const windowMs = seconds * 1000;
  const settings = { port, headers, payload: payload.text, connections, warmUpMs, windowMs };
  const result = await runLoad({ ...settings, upstreamPid: upstream.pid, targetPid: pid });
  return report(payload, connections, delayMs, result, await watch.end());
}

/** Looks again and again; `end` gives what uploads and answers held when they held most. */
function watchHeld(gateway) {
  let isOver = false;
  const look = async () => {
    let most = { uploadBytes: 0, answerBytes: 0 };
    while (!isOver) {
      const { uploadBytes, answerBytes } = await readGauges(gateway);
      if (uploadBytes + answerBytes > most.uploadBytes + most.answerBytes)
        most = { uploadBytes, answerBytes };
      await pause(sampleEveryMs);
    }
    return most;
  };
  const looked = look();
  return {
    end: () => {
      isOver = true;
      return looked;
    },
  };
}

/** @returns whether the bound holds */
function report(payload, connections, delayMs, { peakBytes, right, wrong, firstFault }, held) {
  const { uploadBytes, answerBytes } = held;
  const boundBytes = uploadBytes + answerBytes + ownBytes;
  const holds = peakBytes <= boundBytes;
  const shown = (bytes) => `${(bytes / mebibyte).toFixed(0)} MiB`;
  console.log(`${describePayload(payload)}, ${connections} uploads at once, the upstream takes ${delayMs} ms

peak of resident memory  ${shown(peakBytes)}
uploads in flight        ${shown(uploadBytes)}
answers held             ${shown(answerBytes)}
bound                    ${shown(boundBytes)}, the two and ${shown(ownBytes)}: ${holds ? "holds" : "BROKEN"}
checked                  ${right} answers right, ${wrong} wrong${firstFault === undefined ? "" : `, the first: ${firstFault}`}`);
  return holds && wrong === 0 && right > 0;
}
