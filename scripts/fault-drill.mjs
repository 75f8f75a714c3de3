/**
 * `node scripts/fault-drill.mjs [--short]`: edits go steadily through a gateway to four deployments and a fallback, each a
 * process, while one after another is killed, frozen, slowed, limited, broken or locked out. Prints for each fault how many
 * edits were served all the same, what it cost them in time and in attempts, and what was paid in vain. Traffic goes to
 * 127.0.0.1 alone. The figures go into packages/router/README.md.
 */
import { writeFileSync } from "node:fs";
import { describeMachine } from "./bench/machine.mjs";
import { setUp } from "./setup.mjs";

setUp();
// These read what is compiled by now.
const { help, parseOptions } = await import("./fault-drill/options.mjs");
const { drill } = await import("./fault-drill/drill.mjs");
const { report } = await import("./fault-drill/report.mjs");
const { stopAll } = await import("../packages/proxy/dist/system/running-process.js");

let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
if (process.exitCode === undefined) {
  if (options === undefined) console.log(help);
  else process.exitCode = (await run()) ? 0 : 1;
}

/** Whether every fault met its floor. */
async function run() {
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => void stopAll().then(() => process.exit(code)));
  }
  const machine = describeMachine();
  try {
    const figures = await drill(options);
    console.log(report(options, machine, figures).join("\n"));
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ options, machine, figures }, null, 2)}\n`);
    }
    return figures.every(({ misses }) => misses.length === 0);
  } finally {
    await stopAll();
  }
}
