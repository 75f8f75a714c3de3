/**
 * `node scripts/limits-drill.mjs [scenario ...]`: gateways, each a process, and one upstream that keeps limits as OpenAI does.
 * From the upstream's own records it shows that no limit is exceeded in any minute or at any moment, and how much of the
 * limits is used. Traffic goes to 127.0.0.1 alone. The figures go into packages/router/README.md.
 */
import { describeMachine } from "./bench/machine.mjs";
import { redisServerProgram } from "./redis-server.mjs";
import { setUp } from "./setup.mjs";

setUp();
process.env.REDIS_SERVER_PROGRAM = redisServerProgram() ?? "none";
// These read what is compiled by now.
const { help, parseOptions } = await import("./limits-drill/options.mjs");
const { scenarios } = await import("./limits-drill/scenarios.mjs");
const { stopAll } = await import("../packages/proxy/dist/system/running-process.js");

let names;
try {
  names = parseOptions(process.argv.slice(2), Object.keys(scenarios));
} catch (error) {
  console.error(`${error.message}\n\n${help(Object.keys(scenarios))}`);
  process.exitCode = 2;
}
if (process.exitCode === undefined) {
  if (names === undefined) console.log(help(Object.keys(scenarios)));
  else process.exitCode = (await run()) ? 0 : 1;
}

/** Whether every scenario kept what it promises. */
async function run() {
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => void stopAll().then(() => process.exit(code)));
  }
  const { node, cores, loadAtStart } = describeMachine();
  console.log(`Node ${node}, ${cores} cores, load at the start ${loadAtStart.toFixed(1)}.`);
  let misses = 0;
  for (const name of names) {
    try {
      const { lines, broken } = await scenarios[name]();
      console.log([`\n${name}`, ...lines.map((line) => `  ${line}`)].join("\n"));
      for (const what of broken) console.log(`  BROKEN: ${what}`);
      misses += broken.length;
    } finally {
      await stopAll();
    }
  }
  console.log(misses === 0 ? "\nEvery promise was kept." : `\n${misses} promises were broken.`);
  return misses === 0;
}
