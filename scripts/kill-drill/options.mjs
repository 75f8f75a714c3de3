/** The command line of the kill drills. */
import { parseArgs } from "node:util";

/**
 * @typedef {object} Options
 * @property {number} seconds
 * @property {number} seed
 * @property {number} concurrency
 * @property {number} latencyMs
 */

/**
 * @param {object} of
 * @param {string} of.name of the drill
 * @param {string} of.seconds how long it usually is
 * @param {string} of.does what is done for so long
 * @param {string} of.fails when it fails
 * @returns {{ help: string, parseOptions: (args: string[]) => Options | undefined }}
 */
export function commandLine({ name, seconds, does, fails }) {
  const usual = { seconds, seed: "0", concurrency: "16", "latency-ms": "60" };
  const help = `node scripts/${name}.mjs [options]

  --seconds S       how long ${does}; default: ${usual.seconds}
  --minutes M       the same in minutes
  --seed N          other edits, clients and moments; default: ${usual.seed}
  --concurrency N   clients at a time; default: ${usual.concurrency}
  --latency-ms N    what the simulator takes for an edit, on the average; default: ${usual["latency-ms"]}
  --help

${fails}`;
  return { help, parseOptions: (args) => optionsIn(args, usual) };
}

/** @throws Error saying what is wrong with the command line */
function optionsIn(args, usual) {
  const text = { type: "string" };
  const { values } = parseArgs({
    args,
    options: {
      seconds: text,
      minutes: text,
      seed: text,
      concurrency: text,
      "latency-ms": text,
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const given = { ...usual, ...values };
  const inMinutes = values.minutes !== undefined;
  const seconds = inMinutes ? 60 * positive("minutes", values.minutes) : positive("seconds", given.seconds);
  const seed = Number(given.seed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed takes a whole number, not '${given.seed}'.`);
  return {
    seconds,
    seed,
    concurrency: Math.ceil(positive("concurrency", given.concurrency)),
    latencyMs: positive("latency-ms", given["latency-ms"]),
  };
}

function positive(option, text) {
  const number = Number(text);
  if (number > 0 && number < Infinity) return number;
  throw new Error(`--${option} takes a number above 0, not '${text}'.`);
}
