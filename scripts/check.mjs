/** `npm run check [name ...]`: every check that is not a test; prints each one's result, and the failed ones again. */
import { join } from "node:path";
import { runNode } from "./run-node.mjs";

const checks = {
  types: ["scripts/build.mjs"],
  lint: [join("node_modules", "eslint", "bin", "eslint.js"), "--max-warnings=0", "."],
  format: [join("node_modules", "@biomejs", "biome", "bin", "biome"), "format", "."],
  unused: [join("node_modules", "knip", "bin", "knip.js")],
  "dependency-direction": ["scripts/checks/dependency-direction.mjs"],
  packages: ["scripts/checks/packages.mjs"],
  "node-24": ["scripts/checks/node-24.mjs"],
  bill: ["scripts/reconcile-bill.mjs", "--edits", "5000"],
  estimates: ["scripts/measure-estimates.mjs"],
  drill: ["scripts/fault-drill.mjs", "--short"],
  "kill-drill": ["scripts/kill-drill.mjs", "--seconds", "20"],
  "fleet-drill": ["scripts/fleet-drill.mjs", "--seconds", "40"],
  limits: ["scripts/limits-drill.mjs", "shared-quota", "many-keys-overload", "killed-gateway"],
  compose: ["scripts/checks/compose.mjs"],
  dashboard: ["scripts/checks/dashboard.mjs"],
  benchmark: ["scripts/bench/bench.mjs", "--smoke"],
};

const explanations = `npm run check [-- name ...]

  types                  installs what the lockfile names, compiles every package
  lint                   ESLint with types: floating promises, unsafe any, switches that miss a case, ...
  format                 Biome; \`npm run format\` puts it right
  unused                 code, files and dependencies that nothing uses (knip)
  dependency-direction   which package may import which
  packages               packs the libraries, installs them with npm in an empty project, edits an image with them
  node-24                starts the gateway, edits an image and runs some tests on Node 24
  bill                   5,000 edits of every kind: what each costs is what the simulator bills, to the nano-dollar
  estimates              4,000 edits of every kind: what each was estimated at covers what the simulator bills
  drill                  kills, freezes and breaks deployments under load: edits are served all the same, with few attempts
  kill-drill             kills the gateway again and again under load: afterwards the books equal the bill
  fleet-drill            kills three gateways, Redis and PostgreSQL under load: rows = bill, sums = rows, meters = sums, budgets hold
  limits                 minutes of more load than limits allow: no limit is exceeded in any minute, and nearly all of it is used
  compose                deploy/compose as Compose reads it, and its balancer before two gateways
  dashboard              every query of dashboard, alerts and rules against a Prometheus that scrapes two gateways in trouble
  benchmark              runs the benchmark for seconds: every target must work, no time is judged

Without names: all of them, in this order.`;

const args = process.argv.slice(2);
const unknown = args.filter((name) => !Object.hasOwn(checks, name));
if (unknown.length > 0) {
  console.log(explanations);
  process.exitCode = unknown.every((name) => name === "--help" || name === "-h") ? 0 : 1;
} else {
  const names = args.length > 0 ? args : Object.keys(checks);
  const failed = names.filter((name) => !check(name));
  console.log(failed.length === 0 ? "All checks passed." : `Failed: ${failed.join(", ")}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function check(name) {
  const start = performance.now();
  process.stdout.write(`${name}: `);
  const { passed, output } = runNode(checks[name]);
  console.log(`${passed ? "passed" : "FAILED"} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (!passed) console.log(`${output.trim().replace(/^/gm, "  ")}\n`);
  return passed;
}
