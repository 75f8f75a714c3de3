/**
 * `node scripts/measure-estimates.mjs [--edits 5000]`: how tight estimates are. Thousands of edits of every kind are
 * estimated as the gateway does, and billed by a simulator with code and prices of its own; an estimate below its bill
 * fails. Traffic goes to 127.0.0.1 alone. The figures go into packages/cost-calculator/README.md.
 */
import { parseArgs } from "node:util";
import { setUp } from "./setup.mjs";

const help = `node scripts/measure-estimates.mjs [options]

  --edits N  default: 5000; those that go wrong or are not served are left out
  --seed N   other edits; the same seed gives the same ones; default: 0`;

const { values } = parseArgs({
  options: {
    edits: { type: "string", default: "5000" },
    seed: { type: "string", default: "0" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [count, seed] = [values.edits, values.seed].map(Number);
if (values.help) console.log(help);
else if (![count, seed].every(Number.isSafeInteger) || count < 100) {
  console.error(`--edits (at least 100) and --seed are whole numbers.\n\n${help}`);
  process.exitCode = 1;
} else process.exitCode = (await measure()) ? 0 : 1;

async function measure() {
  setUp();
  // Compiled by now.
  const system = new URL("../packages/proxy/dist/system/", import.meta.url);
  const { stopAll } = await import(new URL("running-process.js", system));
  const { bareEdits, measured, wholeRange } = await import(new URL("estimates/measured-edits.js", system));
  const { tightnessOf, uncovered } = await import(new URL("estimates/tightness.js", system));
  try {
    const range = await measured(seed, wholeRange(seed, count));
    const bare = await measured(seed, bareEdits());
    console.log(table(tightnessOf(range), tightnessOf(bare)).join("\n"));
    const missed = uncovered([...range, ...bare]);
    console.log(
      `\n${range.length + bare.length} edits of seed ${seed}, ${missed.length} above their estimate`,
    );
    for (const line of missed) console.log(line);
    return missed.length === 0;
  } finally {
    await stopAll();
  }
}

/** In Markdown: estimate ÷ bill over the whole range of requests, over the explicit ones, and for the bare one. */
function table(range, bare) {
  const rows = range.map(({ model, bases, all, explicit }) => {
    const alone = bare.find((one) => one.model === model).all.most;
    const ratios = [all.mean, all.most, explicit.mean, explicit.most, alone].map((ratio) => ratio.toFixed(2));
    return `| ${[model, bases.join(", "), all.edits, ...ratios].join(" | ")} |`;
  });
  return [
    "| model | by | edits | mean | max | explicit: mean | explicit: max | bare |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
}
