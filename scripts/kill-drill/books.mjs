/** The books as the command line tells them: of a data folder on which no gateway runs, or of a fleet. */
import { nanoUsdOf } from "../../packages/proxy/dist/system/dollars.js";
import { runNode } from "../run-node.mjs";

/**
 * Where the books are.
 *
 * @typedef {object} Place
 * @property {string} [folder] a data folder
 * @property {Record<string, string>} [environment] of the command line, for books that are elsewhere
 */

/** What `darkroom ledger sum --json` says. @param {Place} place */
export function sumIn(place) {
  return JSON.parse(ledger(place, "sum", "--json"));
}

/**
 * @typedef {object} Attempt
 * @property {string} requestId
 * @property {string} editId of the edit that it was made for
 * @property {"certain" | "uncertain" | "failed"} state
 * @property {bigint} nanoUsd
 * @property {string | null} upstreamRequestId
 * @property {boolean} isLost the gateway died before it knew how the attempt ended
 */

/**
 * @param {Place} place
 * @returns {Attempt[]} all of them, oldest first
 */
export function attemptsIn(place) {
  const lines = ledger(place, "export", "--format", "jsonl").split("\n");
  return lines.filter(Boolean).map((line) => {
    const row = JSON.parse(line);
    if (row.cost_usd === null) throw new Error(`An attempt without a price: ${line}`);
    return {
      requestId: row.request_id,
      editId: editOf(row.charges),
      state: row.state,
      nanoUsd: nanoUsdOf(row.cost_usd),
      upstreamRequestId: row.upstream_request_id,
      isLost: row.error_class === "gateway_died",
    };
  });
}

/** Each edit names a customer of its own, in the field `user`. */
function editOf(charges) {
  const prefix = "customer:";
  return charges.find(({ meter }) => meter.startsWith(prefix)).meter.slice(prefix.length);
}

function ledger({ folder, environment = {} }, ...args) {
  const place = folder === undefined ? [] : ["--data-dir", folder];
  const { passed, printed, output } = runNode(["scripts/darkroom.mjs", "ledger", ...args, ...place], {
    env: { ...process.env, ...environment },
  });
  if (!passed) throw new Error(`darkroom ledger ${args.join(" ")} has failed: ${output}`);
  return printed;
}
