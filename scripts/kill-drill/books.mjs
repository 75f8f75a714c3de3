/** The books of a data folder on which no gateway runs, as the command line tells them. */
import { nanoUsdOf } from "../../packages/proxy/dist/system/dollars.js";
import { runNode } from "../run-node.mjs";

/** What `darkroom ledger sum --json` says. */
export function sumIn(folder) {
  return JSON.parse(ledger("sum", "--json", "--data-dir", folder));
}

/**
 * @typedef {object} Attempt
 * @property {string} requestId
 * @property {string} caller
 * @property {"certain" | "uncertain" | "failed"} state
 * @property {bigint} nanoUsd
 * @property {string | null} upstreamRequestId
 * @property {boolean} isLost the gateway died before it knew how the attempt ended
 */

/** @returns {Attempt[]} all of them, oldest first */
export function attemptsIn(folder) {
  const lines = ledger("export", "--format", "jsonl", "--data-dir", folder).trim().split("\n");
  return lines.map((line) => {
    const row = JSON.parse(line);
    if (row.cost_usd === null) throw new Error(`An attempt without a price: ${line}`);
    return {
      requestId: row.request_id,
      caller: row.caller,
      state: row.state,
      nanoUsd: nanoUsdOf(row.cost_usd),
      upstreamRequestId: row.upstream_request_id,
      isLost: row.error_class === "gateway_died",
    };
  });
}

function ledger(...args) {
  const { passed, printed, output } = runNode(["scripts/darkroom.mjs", "ledger", ...args]);
  if (!passed) throw new Error(`darkroom ledger ${args.join(" ")} has failed: ${output}`);
  return printed;
}
