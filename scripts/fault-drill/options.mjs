/** The command line of the drill. */
import { parseArgs } from "node:util";
import { routingStrategies } from "../../packages/router/dist/strategies/routing-strategy.js";

const usual = {
  rate: "40",
  seconds: "5",
  "calm-seconds": "2",
  "latency-ms": "150",
  strategy: "simple-shuffle",
};

/** Few seconds: does every fault meet its floor? */
const short = { ...usual, rate: "60", seconds: "1.5", "calm-seconds": "0.5", "latency-ms": "50" };

export const help = `node scripts/fault-drill.mjs [options]

  --rate N          edits a second, whoever is slow; default: ${usual.rate}
  --seconds S       how long each fault lasts; default: ${usual.seconds}
  --calm-seconds S  the least time between two faults; it lasts until all serve again; default: ${usual["calm-seconds"]}
  --latency-ms N    what a deployment takes for an edit, on the average; default: ${usual["latency-ms"]}
  --strategy NAME   ${routingStrategies.join(", ")}; default: ${usual.strategy}
  --short           half a minute: faults of ${short.seconds} s, ${short.rate} edits a second, of ${short["latency-ms"]} ms each
  --json FILE       writes every figure
  --help

Fails if a fault misses its floor: the share of edits that must be served, the attempts that it may cost, and that nothing is
paid twice but after an outcome that nobody knows. Time is printed and not judged. Needs a system with SIGSTOP: not Windows.`;

/** Of fewer edits in a phase, shares say nothing. */
const fewestEdits = 20;

/**
 * @typedef {object} Options
 * @property {number} rate edits a second
 * @property {number} seconds of each fault
 * @property {number} calmSeconds
 * @property {number} latencyMs
 * @property {string} strategy
 * @property {string} [json]
 */

/**
 * @param {string[]} args
 * @returns {Options | undefined} undefined: help is asked for
 * @throws Error saying what is wrong with the command line
 */
export function parseOptions(args) {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const { values } = parseArgs({
    args,
    options: {
      rate: text,
      seconds: text,
      "calm-seconds": text,
      "latency-ms": text,
      strategy: text,
      json: text,
      short: flag,
      help: { ...flag, short: "h" },
    },
  });
  if (values.help) return undefined;
  const given = { ...(values.short ? short : usual), ...values };
  const [rate, seconds] = ["rate", "seconds"].map((name) => positive(name, given[name]));
  if (rate * seconds < fewestEdits)
    throw new Error(`--rate times --seconds must be ${fewestEdits} edits or more.`);
  return {
    rate,
    seconds,
    calmSeconds: positive("calm-seconds", given["calm-seconds"]),
    latencyMs: positive("latency-ms", given["latency-ms"]),
    strategy: strategyNamed(given.strategy),
    json: given.json,
  };
}

function strategyNamed(name) {
  if (routingStrategies.includes(name)) return name;
  throw new Error(`There is no strategy '${name}'; there are ${routingStrategies.join(", ")}.`);
}

function positive(option, text) {
  const number = Number(text);
  if (!(number > 0 && number < Infinity))
    throw new Error(`--${option} takes a number above 0, not '${text}'.`);
  return number;
}
