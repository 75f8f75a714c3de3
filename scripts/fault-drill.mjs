/**
 * `node scripts/fault-drill.mjs [--short]`: edits go steadily through a gateway to four deployments and a fallback, each a
 * process, while one after another is killed, frozen, slowed, limited, broken or locked out. Prints for each fault how many
 * edits were served all the same, what it cost them in time and in attempts, and what was paid in vain. Traffic goes to
 * 127.0.0.1 alone. The figures go into packages/router/README.md.
 */
import { writeFileSync } from "node:fs";
import { describeMachine } from "./bench/machine.mjs";
import { runDrill } from "./run-drill.mjs";

await runDrill(async () => {
  const { help, parseOptions } = await import("./fault-drill/options.mjs");
  const { drill } = await import("./fault-drill/drill.mjs");
  const { report } = await import("./fault-drill/report.mjs");
  return { help, parseOptions, run };

  /** Whether every fault met its floor. */
  async function run(options) {
    const machine = describeMachine();
    const figures = await drill(options);
    console.log(report(options, machine, figures).join("\n"));
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ options, machine, figures }, null, 2)}\n`);
    }
    return figures.every(({ misses }) => misses.length === 0);
  }
});
