/** The load generator, seen from the benchmark. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { childEnvironment, track } from "./processes.mjs";

const program = fileURLToPath(new URL("./load.mjs", import.meta.url));
/** Beyond warm-up and window: its own start, and the answers it waits for at the end. */
const graceMs = 30_000;

/**
 * Runs one window of load.
 *
 * @param {import("./load.mjs").LoadSettings} settings
 * @returns {Promise<import("./load.mjs").LoadResult>}
 */
export async function runLoad(settings) {
  const args = [program, JSON.stringify(settings)];
  const stdio = ["ignore", "pipe", "inherit"];
  const timeout = settings.warmUpMs + settings.windowMs + graceMs;
  const child = track(
    spawn(process.execPath, args, { env: childEnvironment(), stdio, timeout, killSignal: "SIGKILL" }),
  );
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`the load generator ended with ${signal ?? `code ${code}`}`);
  return JSON.parse(printed);
}
