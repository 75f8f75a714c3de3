/**
 * `node scripts/limits-drill.mjs [scenario ...]`: gateways, each a process, and one upstream that keeps limits as OpenAI does.
 * From the upstream's own records it shows that no limit is exceeded in any minute or at any moment, and how much of the
 * limits is used. Traffic goes to 127.0.0.1 alone. The figures go into packages/router/README.md.
 */
import { describeMachine } from "./bench/machine.mjs";
import { redisServerProgram } from "./redis-server.mjs";
import { runDrill } from "./run-drill.mjs";

await runDrill(async () => {
  process.env.REDIS_SERVER_PROGRAM = redisServerProgram() ?? "none";
  const { helpFor, parseOptions } = await import("./limits-drill/options.mjs");
  const { scenarios } = await import("./limits-drill/scenarios.mjs");
  const { stopAll } = await import("../packages/proxy/dist/system/running-process.js");
  const known = Object.keys(scenarios);
  return { help: helpFor(known), parseOptions: (args) => parseOptions(args, known), run };

  /** Whether every scenario kept what it promises. */
  async function run(names) {
    const { node, cores, loadAtStart } = describeMachine();
    console.log(`Node ${node}, ${cores} cores, load at the start ${loadAtStart.toFixed(1)}.`);
    let misses = 0;
    for (const name of names) {
      const { lines, broken } = await scenarios[name]();
      console.log([`\n${name}`, ...lines.map((line) => `  ${line}`)].join("\n"));
      for (const what of broken) console.log(`  BROKEN: ${what}`);
      misses += broken.length;
      // The next one has the machine for itself.
      await stopAll();
    }
    console.log(misses === 0 ? "\nEvery promise was kept." : `\n${misses} promises were broken.`);
    return misses === 0;
  }
});
