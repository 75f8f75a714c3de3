import { spawnSync } from "node:child_process";
import { root } from "./setup.mjs";

/**
 * Runs a program with node itself, in the project's folder: no shell and no `.cmd` file, so that it works on any system.
 *
 * @param {string[]} args the program and its arguments
 * @param {{ node?: string, cwd?: string, env?: NodeJS.ProcessEnv }} [options] `node`: another node than this one
 * @returns {{ passed: boolean, printed: string, output: string }} what it printed, and that with its errors; none is shown
 */
export function runNode(args, { node = process.execPath, cwd = root, env = process.env } = {}) {
  const stdio = ["ignore", "pipe", "pipe"];
  const run = spawnSync(node, args, { cwd, env, stdio, encoding: "utf8", maxBuffer: 2 ** 28 });
  const printed = run.stdout ?? "";
  const output = [printed, run.stderr ?? "", run.error?.message ?? ""].join("");
  return { passed: run.status === 0, printed, output };
}
