/**
 * `node scripts/simulate-shared-key.mjs [--minutes 240]`: how many calls are answered 429 where somebody else uses our key
 * too, for 30 % of what it allows, and how many when we learn from what the upstream says. Time is virtual, and a seed gives
 * the same figures everywhere. They go into packages/router/README.md.
 */
import { parseArgs } from "node:util";
import { setUp } from "./setup.mjs";

const help = `node scripts/simulate-shared-key.mjs [options]

  --minutes N     how long; default: 240
  --seed N        another mix; the same seed gives the same one; default: 0`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "240" },
    seed: { type: "string", default: "0" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [minutes, seed] = [values.minutes, values.seed].map(Number);
if (values.help) console.log(help);
else if (![minutes, seed].every(Number.isSafeInteger) || minutes < 1) {
  console.error(`--minutes and --seed are whole numbers.\n\n${help}`);
  process.exitCode = 1;
} else await run();

async function run() {
  setUp();
  // Compiled by now.
  const path = "../packages/router/dist/admission/learning/simulation/shared-key.test.support.js";
  const { simulateSharedKey } = await import(new URL(path, import.meta.url));
  const rows = [];
  for (const imagesPerMinute of [100, 20]) {
    for (const foreignShare of [0.3, 0]) {
      for (const foreignComes of foreignShare > 0 ? ["steadily", "in bursts"] : ["steadily"]) {
        for (const load of [0.8, 1.2]) {
          const offeredPerMinute = load * (1 - foreignShare) * imagesPerMinute;
          const foreignPerMinute = foreignShare * imagesPerMinute;
          const options = {
            seed,
            minutes,
            imagesPerMinute,
            foreignPerMinute,
            foreignComes,
            offeredPerMinute,
          };
          const result = (headersOf, learns) => simulateSharedKey({ ...options, headersOf, learns });
          rows.push([
            String(imagesPerMinute),
            foreignShare > 0 ? `${percent(foreignShare, 0)}, ${foreignComes}` : "nothing",
            percent(load, 0),
            ...[result("begin", false), result("begin", true), result("end", true)].flatMap(
              ({ refusedCalls, calls, images, foreignImages }) => [
                percent(refusedCalls / calls, 1),
                percent((images + foreignImages) / minutes / imagesPerMinute, 1),
              ],
            ),
          ]);
        }
      }
    }
  }
  const ways = ["without learning", "learning", "learning, headers of the end"];
  const heads = ["images a minute", "others use", "offered, of the rest"];
  heads.push(...ways.flatMap((way) => [`429s ${way}`, "limit used"]));
  for (const cells of [heads, heads.map(() => "---"), ...rows]) console.log(`| ${cells.join(" | ")} |`);
  console.log(`\n${minutes} minutes of seed ${seed} each`);
}

function percent(share, digits) {
  return `${(100 * share).toFixed(digits)} %`;
}
