/**
 * `node scripts/simulate-strategies.mjs [--edits 3000]`: what each routing strategy makes of the same recorded mix of
 * edits over a fast, a usual, a slow and a flapping deployment. The strategies are the gateway's own; time is virtual,
 * so that hours take a second and a seed gives the same figures everywhere. They go into packages/router/README.md.
 */
import { parseArgs } from "node:util";
import { setUp } from "./setup.mjs";

const help = `node scripts/simulate-strategies.mjs [options]

  --edits N       how many; default: 3000
  --per-second N  how many arrive, on the average; default: 1
  --seed N        another mix; the same seed gives the same one; default: 0`;

const { values } = parseArgs({
  options: {
    edits: { type: "string", default: "3000" },
    "per-second": { type: "string", default: "1" },
    seed: { type: "string", default: "0" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [edits, perSecond, seed] = [values.edits, values["per-second"], values.seed].map(Number);
if (values.help) console.log(help);
else if (![edits, seed].every(Number.isSafeInteger) || edits < 1 || !(perSecond > 0)) {
  console.error(`--edits and --seed are whole numbers, --per-second is a number above 0.\n\n${help}`);
  process.exitCode = 1;
} else await run();

async function run() {
  setUp();
  // Compiled by now.
  const strategies = new URL("../packages/router/dist/strategies/", import.meta.url);
  const part = (name) => import(new URL(`simulation/${name}.test.support.js`, strategies));
  const { recordedEdits } = await part("recorded-edits");
  const { simulatedDeployments: deployments } = await part("simulated-deployments");
  const { simulate, percentileMs } = await part("simulation");
  const { routingStrategies } = await import(new URL("routing-strategy.js", strategies));

  const mix = recordedEdits({ seed, edits, perSecond, deployments: deployments.length });
  const results = routingStrategies.map((name) => simulate(name, mix, deployments, seed));
  console.log(table(results, deployments, percentileMs).join("\n"));
  const hours = (mix.at(-1).atMs / 3_600_000).toFixed(1);
  console.log(`\n${edits} edits of seed ${seed} in ${hours} h, ${perSecond} a second`);
}

/** In Markdown. Costs are estimates: what the edits cost at most. */
function table(results, deployments, percentileMs) {
  const ids = deployments.map(({ deployment }) => deployment.id);
  const heads = ["strategy", "p50", "p95", "p99", "not served", "attempts an edit", "cost an edit", ...ids];
  const rows = results.map((result) => {
    const { strategy, latenciesMs, failed, attempts, served, nanoUsd } = result;
    const all = latenciesMs.length + failed;
    const seconds = [50, 95, 99].map((percent) => `${(percentileMs(result, percent) / 1000).toFixed(1)} s`);
    const share = (count = 0) => `${((100 * count) / all).toFixed(1)} %`;
    return [
      strategy,
      ...seconds,
      share(failed),
      (attempts / all).toFixed(3),
      `$${(Number(nanoUsd) / 1e9 / Math.max(1, latenciesMs.length)).toFixed(4)}`,
      ...ids.map((id) => share(served.get(id))),
    ];
  });
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
