/** A target, started and ready for load. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { endProgram, freePort, startProgram, untilListening } from "./processes.mjs";
import { clientKey } from "./targets/target.mjs";

/**
 * @typedef {object} RunningTarget
 * @property {import("./targets/target.mjs").Target} target
 * @property {number} port
 * @property {number} [pid] none where there is no gateway
 * @property {Record<string, string>} headers
 * @property {() => Promise<void>} end
 */

/**
 * @param {import("./targets/target.mjs").Target} target
 * @param {{ upstreamPort: number, folder: string, nodeOptions?: string[] }} place `folder`: for its files and its
 *   log; `nodeOptions`: for a target that is a program of Node
 * @returns {Promise<RunningTarget>}
 * @throws Error saying why it did not start
 */
export async function runTarget(target, { upstreamPort, folder: parent, nodeOptions = [] }) {
  const authorization = { Authorization: `Bearer ${clientKey}` };
  if (target.launch === undefined) {
    return { target, port: upstreamPort, headers: authorization, end: async () => {} };
  }
  const folder = mkdtempSync(join(parent, `${target.name}-`));
  const port = await freePort();
  const { command, args, env, headers } = target.launch({ port, upstreamPort, folder });
  const logFile = join(folder, "output.log");
  const child = startProgram({ command, args: [...nodeOptions, ...args], env, folder, logFile });
  try {
    await untilListening(child, port, logFile);
  } catch (error) {
    await endProgram(child);
    throw error;
  }
  return {
    target,
    port,
    pid: child.pid,
    headers: { ...authorization, ...headers },
    end: () => endProgram(child),
  };
}
