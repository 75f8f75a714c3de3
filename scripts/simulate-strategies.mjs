/**
 * `node scripts/simulate-strategies.mjs [--edits 3000]`: what each routing strategy makes of the same recorded mix of
 * edits over a fast, a usual, a slow and a flapping deployment, without limits, and with limits that leave more or less
 * room. The strategies are the gateway's own; time is virtual, so that hours take seconds and a seed gives the same
 * figures everywhere. They go into packages/router/README.md.
 */
import { parseArgs } from "node:util";
import { setUp } from "./setup.mjs";

const help = `node scripts/simulate-strategies.mjs [options]

  --edits N       how many; default: 3000
  --per-second N  how many arrive where there are no limits, on the average; default: 1
  --gateways N    that take the edits in turn and share nothing but the limits; default: 1
  --seed N        another mix; the same seed gives the same one; default: 0`;

const { values } = parseArgs({
  options: {
    edits: { type: "string", default: "3000" },
    "per-second": { type: "string", default: "1" },
    gateways: { type: "string", default: "1" },
    seed: { type: "string", default: "0" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [edits, perSecond, gateways, seed] = [
  values.edits,
  values["per-second"],
  values.gateways,
  values.seed,
].map(Number);
if (values.help) console.log(help);
else if (
  ![edits, gateways, seed].every(Number.isSafeInteger) ||
  edits < 1 ||
  gateways < 1 ||
  !(perSecond > 0)
) {
  console.error(
    `--edits, --gateways and --seed are whole numbers, --per-second is a number above 0.\n\n${help}`,
  );
  process.exitCode = 1;
} else await run();

async function run() {
  setUp();
  // Compiled by now.
  const strategies = new URL("../packages/router/dist/strategies/", import.meta.url);
  const part = (name) => import(new URL(`simulation/${name}.test.support.js`, strategies));
  const { recordedEdits } = await part("recorded-edits");
  const { simulatedDeployments, limitedDeployments, limitedPerSecond } = await part("simulated-deployments");
  const { simulate, percentileOf } = await part("simulation");
  const { distinctStrategies } = await part("distinct-strategies");

  const shown = (heading, deployments, rate, columns) => {
    const mix = recordedEdits({ seed, edits, perSecond: rate, deployments: deployments.length });
    const results = distinctStrategies.map((name) => simulate(name, mix, deployments, { seed, gateways }));
    console.log(`${heading}: ${rate.toFixed(2)} edits a second\n`);
    console.log(`${table(results, deployments, percentileOf, columns).join("\n")}\n`);
  };
  shown("no limits", simulatedDeployments, perSecond, []);
  for (const load of [0.6, 0.9, 1.05]) {
    const heading = `${(100 * load).toFixed(0)} % of what the limits allow`;
    shown(heading, limitedDeployments, load * limitedPerSecond, ["waited", "wait p99", "refused"]);
  }
  console.log(`${edits} edits of seed ${seed} each; gateways: ${gateways}`);
}

/** In Markdown. Costs are estimates: what the edits cost at most. */
function table(results, deployments, percentileOf, limitColumns) {
  const ids = deployments.map(({ deployment }) => deployment.id);
  const heads = [
    "strategy",
    "p50",
    "p95",
    "p99",
    ...limitColumns,
    "not served",
    "attempts an edit",
    "cost an edit",
    ...ids,
  ];
  const rows = results.map((result) => {
    const { strategy, latenciesMs, waitsMs, failed, refused, attempts, served, nanoUsd } = result;
    const all = latenciesMs.length + failed + refused;
    const seconds = (sorted, percent) => `${(percentileOf(sorted, percent) / 1000).toFixed(1)} s`;
    const share = (count = 0) => `${((100 * count) / all).toFixed(1)} %`;
    const ofAll = [...new Array(Math.max(0, all - waitsMs.length)).fill(0), ...waitsMs];
    return [
      strategy,
      ...[50, 95, 99].map((percent) => seconds(latenciesMs, percent)),
      ...(limitColumns.length > 0 ? [share(waitsMs.length), seconds(ofAll, 99), share(refused)] : []),
      share(failed),
      (attempts / all).toFixed(3),
      `$${(Number(nanoUsd) / 1e9 / Math.max(1, latenciesMs.length)).toFixed(4)}`,
      ...ids.map((id) => share(served.get(id))),
    ];
  });
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
