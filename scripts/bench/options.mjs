/** The command line of the benchmark. */
import { parseArgs } from "node:util";
import { parsePayload } from "./payloads.mjs";
import { allTargets } from "./targets/index.mjs";

const names = allTargets.map(({ name }) => name);

/** A usual run, about a quarter of an hour. */
const usual = {
  targets: names.join(","),
  payloads: "64k:1k,1m:200k,4m:2m,1m:200k:stream",
  concurrency: "1,32",
  seconds: "2",
  rounds: "4",
  base: "pipe",
};

/** One that shows that everything works, and judges no time. */
const smoke = { ...usual, concurrency: "4", seconds: "0.2", rounds: "1", rate: "20" };

/** What `--profile` takes where nothing else is asked for. */
const profiled = { ...usual, payloads: "1m:200k", concurrency: "16", seconds: "5" };

export const help = `npm run bench [-- options]

  --targets a,b       some of ${names.join(", ")}; default: all
  --payloads a,b      IMAGE:ANSWER, or IMAGE:EVENT:stream for three events; default: ${usual.payloads}
  --concurrency 1,32  connections of the closed loops; default: ${usual.concurrency}
  --rate N            requests a second of the open loops, or none; default: one that suits each payload
  --seconds S         a window's length, twice that from 4 MiB on; default: ${usual.seconds}
  --rounds N          default: ${usual.rounds}
  --base NAME         whose CPU the others' is compared with; default: ${usual.base}
  --no-memory         without the run that looks for the peak of memory
  --json FILE         writes every figure of every round
  --svg FILE          writes a picture
  --smoke             everything once and short: does it work? Installs nothing
  --overhead          whether the overhead that Darkroom tells in its header is what it adds, one edit at a time
  --profile           where Darkroom's CPU goes, by module, under the first payload and concurrency
  --help

Fails if an upload or an answer was not right byte for byte, or a target that is there does not work. Time is not judged.`;

/**
 * @typedef {object} Options
 * @property {import("./targets/target.mjs").Target[]} targets
 * @property {import("./payloads.mjs").Payload[]} payloads
 * @property {number[]} concurrency
 * @property {number | "none" | undefined} rate undefined: by payload
 * @property {number} seconds
 * @property {number} rounds
 * @property {string} base
 * @property {boolean} memory
 * @property {string} [json]
 * @property {string} [svg]
 * @property {boolean} smoke
 * @property {boolean} overhead
 * @property {boolean} profile
 */

/**
 * @returns {Options | undefined} undefined: help is asked for
 * @throws Error saying what is wrong with the command line
 */
export function parseOptions(args) {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const { values } = parseArgs({
    args,
    options: {
      targets: text,
      payloads: text,
      concurrency: text,
      rate: text,
      seconds: text,
      rounds: text,
      base: text,
      json: text,
      svg: text,
      "no-memory": flag,
      smoke: flag,
      overhead: flag,
      profile: flag,
      help: { ...flag, short: "h" },
    },
  });
  if (values.help) return undefined;
  const given = { ...(values.smoke ? smoke : values.profile ? profiled : usual), ...values };
  return {
    targets: given.targets.split(",").map(targetNamed),
    payloads: given.payloads.split(",").map(parsePayload),
    concurrency: given.concurrency.split(",").map((each) => wholeNumber("concurrency", each)),
    rate: given.rate === undefined || given.rate === "none" ? given.rate : positive("rate", given.rate),
    seconds: positive("seconds", given.seconds),
    rounds: wholeNumber("rounds", given.rounds),
    base: targetNamed(given.base).name,
    memory: !given["no-memory"],
    json: given.json,
    svg: given.svg,
    smoke: given.smoke,
    overhead: given.overhead,
    profile: given.profile,
  };
}

function targetNamed(name) {
  const target = allTargets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`There is no target '${name}'; there are ${names.join(", ")}.`);
  return target;
}

function wholeNumber(option, text) {
  const number = positive(option, text);
  if (!Number.isInteger(number)) throw new Error(`--${option} takes whole numbers, not '${text}'.`);
  return number;
}

function positive(option, text) {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${option} takes a number above 0, not '${text}'.`);
  return number;
}
