/** `--profile`: where the time of Darkroom's threads goes under load, by module and by function. */
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { selfTimes } from "./cpu-profile.mjs";
import { runLoad } from "./load-process.mjs";
import { describePayload } from "./payloads.mjs";
import { table } from "./report/table.mjs";
import { runTarget } from "./run-target.mjs";
import { darkroom } from "./targets/darkroom.mjs";

const sampleEveryUs = 200;
const warmUpMs = 1000;
const shownModules = 24;
const shownFunctions = 20;
/** A thread that is busy for less is named, and no more. */
const leastShownUs = 5;

/** @returns {Promise<boolean>} whether every answer was right */
export async function profileDarkroom(
  { payloads: [payload], concurrency: [connections], seconds },
  upstream,
  place,
) {
  const profiles = mkdtempSync(join(place.folder, "profile-"));
  const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${sampleEveryUs}`];
  const { port, headers, pid, end } = await runTarget(darkroom, { ...place, nodeOptions });
  console.error(`Loading Darkroom for ${seconds} s ...`);
  const load = { port, headers, payload: payload.text, connections, warmUpMs, windowMs: seconds * 1000 };
  await upstream.configure({ payload: payload.text, model: darkroom.model, delayMs: 0 });
  const result = await runLoad({ ...load, upstreamPid: upstream.pid, targetPid: pid });
  // Node writes the profile when it ends.
  await end();
  if (result.wrong > 0) {
    console.log(`${result.wrong} wrong answers, the first: ${result.firstFault}`);
    return false;
  }
  const window = { startUs: result.windowStartUs, endUs: result.windowStartUs + result.windowMs * 1000 };
  const threads = readdirSync(profiles).map((file) => threadOf(join(profiles, file), window));
  threads.sort((one, other) => other.totalMs - one.totalMs);
  if (threads.length === 0) throw new Error("Node has written no profile: Darkroom did not end in time.");
  console.log(
    `\n${describePayload(payload)}, ${connections} connections: ${result.perSecond.toFixed(0)} req/s while profiled`,
  );
  for (const { name, modules, functions, totalMs } of threads) {
    const busyUs = (totalMs / result.answers) * 1000;
    console.log(`\nThread ${name}: busy for ${busyUs.toFixed(1)} us per request`);
    if (busyUs < leastShownUs) continue;
    print("module", modules, shownModules, totalMs, result.answers);
    print("function", functions, shownFunctions, totalMs, result.answers);
  }
  return true;
}

/** A thread's times; it is named by the file that it runs. */
function threadOf(file, window) {
  const profile = JSON.parse(readFileSync(file, "utf8"));
  // CPU.date.time.process.thread.number.cpuprofile
  const [, , , , thread] = basename(file).split(".");
  const urls = profile.nodes.map(({ callFrame }) => callFrame.url);
  const program = urls.find((url) => /\/packages\/.*-(thread|worker)\.js$/.test(url));
  const name = thread === "0" ? "main" : basename(program ?? thread, ".js");
  return { name, ...selfTimes(profile, window) };
}

function print(kind, times, shown, totalMs, answers) {
  const rows = [...times]
    .sort(([, one], [, other]) => other - one)
    .slice(0, shown)
    .map(([name, ms]) => [
      name,
      `${((ms / totalMs) * 100).toFixed(1)} %`,
      ((ms / answers) * 1000).toFixed(1),
    ]);
  console.log(`\n${table([`${kind}, by self time`, "of busy time", "us per request"], rows)}`);
}
