/** The command line of the kill drill. */
import { parseArgs } from "node:util";

const usual = { seconds: "30", seed: "0", concurrency: "16", "latency-ms": "60" };

export const help = `node scripts/kill-drill.mjs [options]

  --seconds S       how long the gateway is killed again and again; default: ${usual.seconds}
  --minutes M       the same in minutes
  --seed N          other edits, clients and moments; default: ${usual.seed}
  --concurrency N   clients at a time; default: ${usual.concurrency}
  --latency-ms N    what the simulator takes for an edit, on the average; default: ${usual["latency-ms"]}
  --help

Fails if an answer was released without its row, if a billed request has no row or two, if certain ≤ bill ≤ certain +
uncertain does not hold, if an Idempotency-Key was paid for twice, or if nothing was killed that matters.`;

/**
 * @typedef {object} Options
 * @property {number} seconds
 * @property {number} seed
 * @property {number} concurrency
 * @property {number} latencyMs
 */

/**
 * @param {string[]} args
 * @returns {Options | undefined} undefined: help is asked for
 * @throws Error saying what is wrong with the command line
 */
export function parseOptions(args) {
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
