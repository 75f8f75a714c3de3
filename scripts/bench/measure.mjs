/**
 * What the operating system says a process has used, its threads and the processes it started included. Linux alone tells
 * it in a form that needs no program; elsewhere every figure is undefined.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

export const isMeasurable = process.platform === "linux";

/** The unit of times in /proc/PID/stat: 1/100 s on every architecture, whatever the kernel's own clock does. */
const ticksPerSecond = 100;

/**
 * Some kernels and sandboxes do not tell CPU time in nanoseconds, by thread. Where they do it is taken, since a short window
 * of an idle target is a few ticks only.
 */
const tellsNanoseconds = isMeasurable && Number(readProc("self", "schedstat").split(" ")[0]) > 0;

/** @returns {number[]} the process and all that descend from it */
export function processTree(pid) {
  if (!isMeasurable) return [pid];
  const pids = [pid];
  for (const parent of pids) pids.push(...childrenOf(parent));
  return pids;
}

/** @returns {number | undefined} milliseconds of CPU since the start, the program's own and the kernel's for it */
export function cpuTimeMs(pid) {
  if (!isMeasurable) return undefined;
  const timeMs = tellsNanoseconds ? exactTimeMs : countedTimeMs;
  return processTree(pid).reduce((sum, each) => sum + timeMs(each), 0);
}

/** Without threads that have ended; no target ends threads under load. */
function exactTimeMs(pid) {
  const nanoseconds = threadsOf(pid).map((thread) =>
    Number(readProc(pid, `task/${thread}/schedstat`).split(" ")[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

function countedTimeMs(pid) {
  // The name, in brackets, may hold blanks; user and system time are the 12th and 13th field behind it.
  const fields = readProc(pid, "stat").split(") ").at(-1).split(" ");
  return ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1000) / ticksPerSecond;
}

/** Lets the peak of memory begin anew. */
export function resetPeakMemory(pid) {
  if (!isMeasurable) return;
  for (const each of processTree(pid)) {
    try {
      writeFileSync(`/proc/${each}/clear_refs`, "5");
    } catch {
      // Another user's process, or one that has just ended: the peak then is that since its start.
    }
  }
}

/** @returns {number | undefined} bytes; of several processes the sum of their peaks */
export function peakMemory(pid) {
  if (!isMeasurable) return undefined;
  const kibibytes = processTree(pid).map((each) =>
    Number(/VmHWM:\s+(\d+)/.exec(readProc(each, "status"))?.[1] ?? 0),
  );
  return kibibytes.reduce((sum, each) => sum + each, 0) * 1024;
}

function childrenOf(pid) {
  return threadsOf(pid).flatMap((thread) =>
    (readProc(pid, `task/${thread}/children`).match(/\d+/g) ?? []).map(Number),
  );
}

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Empty for a process that has ended. */
function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
