/** Starting programs, waiting until they listen, and ending whatever was started, however the benchmark itself ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync, readFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { withoutUserSettings } from "../user-settings.mjs";
import { processTree } from "./measure.mjs";

const startLimitMs = 30_000;
const endLimitMs = 3_000;
const running = new Set();

process.once("exit", () => {
  for (const child of running) killTree(child);
});
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => {
    console.error(`\n${signal}: ending what was started`);
    process.exit(128 + number);
  });
}

/** What children get: neither the user's keys and servers nor a proxy, so that traffic stays on this machine. */
export function childEnvironment(own = {}) {
  const proxies = /^(https?_proxy|all_proxy|no_proxy|node_use_env_proxy)$/i;
  const kept = Object.entries(withoutUserSettings(process.env)).filter(([name]) => !proxies.test(name));
  return { ...Object.fromEntries(kept), NODE_ENV: "production", ...own };
}

/**
 * Starts a program whose output goes to a file. Its standard input ends when the benchmark does, even by SIGKILL.
 *
 * @param {{ command: string, args: string[], env?: NodeJS.ProcessEnv, folder: string, logFile: string }} program
 */
export function startProgram({ command, args, env, folder, logFile }) {
  const log = openSync(logFile, "w");
  const child = spawn(command, args, { cwd: folder, env: childEnvironment(env), stdio: ["pipe", log, log] });
  closeSync(log);
  child.stdin.on("error", () => {});
  return track(child);
}

/** From now on the child is ended with the benchmark. */
export function track(child) {
  running.add(child);
  const forget = () => running.delete(child);
  child.once("exit", forget).once("error", forget);
  return child;
}

/** Resolves when something listens; rejects with the program's last words if it ends instead. */
export async function untilListening(child, port, logFile) {
  let failure;
  child.once("error", (error) => (failure = error.message));
  child.once("exit", (code, signal) => (failure ??= `it ended with ${signal ?? `code ${code}`}`));
  const deadline = performance.now() + startLimitMs;
  while (!(await listens(port))) {
    if (performance.now() > deadline) failure ??= `it did not listen within ${startLimitMs / 1000} s`;
    if (failure !== undefined) throw new Error([failure, lastLines(logFile)].filter(Boolean).join(": "));
    await pause(50);
  }
}

/** Asks the program to end, then makes it. */
export async function endProgram(child) {
  if (!running.has(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const patience = setTimeout(() => killTree(child), endLimitMs);
  await ended;
  clearTimeout(patience);
}

export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function killTree(child) {
  for (const pid of processTree(child.pid)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

async function listens(port) {
  const socket = net.connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function lastLines(file) {
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ").slice(-500);
}
