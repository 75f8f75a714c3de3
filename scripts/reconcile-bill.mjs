/**
 * `node scripts/reconcile-bill.mjs [--edits 5000]`: proves that what the gateway says an edit cost is what the upstream
 * bills, to the nano-dollar. Thousands of edits of every kind go through a gateway to a simulator, which keeps a bill by
 * code and prices of its own; each call and all sums are compared. Traffic goes to 127.0.0.1 alone.
 *
 * The edits, what goes wrong with them and the comparison are packages/proxy/src/system/reconciliation, which `npm test`
 * runs with a few hundred edits.
 */
import { parseArgs } from "node:util";
import { Progress } from "./bench/progress.mjs";
import { endingAll } from "./run-drill.mjs";
import { setUp } from "./setup.mjs";

const help = `node scripts/reconcile-bill.mjs [options]

  --edits N        default: 5000
  --seed N         other edits; the same seed gives the same ones; default: 0
  --concurrency N  edits under way at a time; default: 16
  --lost           lists every call that was billed and whose answer was lost

Fails on any difference: a cost that is not what was billed for that very call; a billed call that nobody was told of, unless
its answer was lost to a fault that both sides know of; a log or a metric that says something else; sums that differ.`;

/** Saying where it is takes time too. */
const editsBetweenLines = 100;

const number = (value) => ({ type: "string", default: String(value) });
const { values } = parseArgs({
  options: {
    edits: number(5000),
    seed: number(0),
    concurrency: number(16),
    lost: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [edits, seed, concurrency] = [values.edits, values.seed, values.concurrency].map(Number);
if (values.help) console.log(help);
else if (![edits, seed, concurrency].every(Number.isSafeInteger) || edits < 1 || concurrency < 1) {
  console.error(`--edits, --seed and --concurrency are whole numbers.\n\n${help}`);
  process.exitCode = 1;
} else process.exitCode = (await prove()) ? 0 : 1;

async function prove() {
  setUp();
  // Compiled by now.
  const system = new URL("../packages/proxy/dist/system/", import.meta.url);
  const { variedEdits } = await import(new URL("reconciliation/varied-edits.js", system));
  const { bothSidesOf } = await import(new URL("reconciliation/both-sides.js", system));
  const { reconcile } = await import(new URL("reconciliation/reconciliation.js", system));
  const { lostCallsOf, reportOf } = await import(new URL("reconciliation/report.js", system));

  const progress = new Progress(edits);
  let told = 0;
  const startedAtMs = performance.now();
  const onTold = () => {
    progress.done(1);
    told += 1;
    if (told % editsBetweenLines === 0) progress.tell(`edits through the gateway, seed ${seed}`);
  };
  return endingAll(async () => {
    const sides = await bothSidesOf({ seed, edits: variedEdits(seed, edits), concurrency, onTold });
    const result = reconcile(sides);
    progress.clear();
    if (values.lost) console.log(`${lostCallsOf(result).join("\n")}\n`);
    console.log(reportOf(result).join("\n"));
    console.log(
      `${edits} edits of seed ${seed} in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`,
    );
    return result.differences.length === 0;
  });
}
