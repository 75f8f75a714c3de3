/** The command line of the drill. */
import { parseArgs } from "node:util";

export function helpFor(known) {
  return `node scripts/limits-drill.mjs [scenario ...]

Scenarios: ${known.join(", ")}. Without names: all of them, one after another, some twelve minutes.
Those of several gateways start a redis-server of their own: that of the PATH, or one that is fetched.

Fails where a limit was exceeded, too little of it was used, or somebody was refused while there was room.`;
}

/**
 * @param {string[]} args
 * @param {string[]} known
 * @returns {string[] | undefined} names of scenarios; undefined: help is asked for
 * @throws Error saying what is wrong with the command line
 */
export function parseOptions(args, known) {
  const { values, positionals } = parseArgs({
    args,
    options: { help: { type: "boolean", default: false, short: "h" } },
    allowPositionals: true,
  });
  if (values.help) return undefined;
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(", ")}.`);
  return positionals.length > 0 ? positionals : known;
}
