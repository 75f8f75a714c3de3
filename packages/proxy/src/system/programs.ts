import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** Whether this machine has a program; asked while tests are collected, so that what cannot run is no test at all. */
function hasProgram(program: string, ...flags: readonly string[]): boolean {
  return spawnSync(program, flags, { stdio: "ignore" }).status === 0;
}

export const hasCurl = hasProgram("curl", "--version");
/** It sets limits of a running process. */
export const hasPrlimit = hasProgram("prlimit", "--version");
export const hasPythonClient = (): boolean => hasProgram("python3", "-c", "import openai");

/**
 * Runs a program in a folder, without the settings of whoever runs the tests.
 * @returns what it printed
 * @throws Error with what it said, if it fails
 */
export async function run(program: string, flags: readonly string[], folder: string): Promise<string> {
  const child = spawn(program, flags, {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", PYTHONIOENCODING: "utf-8", no_proxy: "*" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${complaints}${output}`);
  return output;
}
