/** Reads a `.cpuprofile` of V8: how much time each module and each function took itself, without what it called. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** Not work of the process. */
const idle = "(idle)";

/** Node's files that belong together; others go by the first two parts of their name. */
const nodeModules = [
  [/^node:(_?http|internal\/http)/, "node:http"],
  [/^node:(net|internal\/net|internal\/stream_base_commons)/, "node:net"],
  [/^node:(_?stream|internal\/streams)/, "node:stream"],
  [/^node:(events|internal\/event)/, "node:events"],
  [/^node:(buffer|internal\/buffer)/, "node:buffer"],
  [/^node:(timers|internal\/timers)/, "node:timers"],
  [/^node:(async_hooks|internal\/async)/, "node:async_hooks"],
];

/**
 * @param {object} profile
 * @param {{ startUs: number, endUs: number }} window on the clock of `process.hrtime`, which V8 uses on Linux and macOS
 * @returns {{ totalMs: number, modules: Map<string, number>, functions: Map<string, number> }} without idle time
 */
export function selfTimes({ nodes, samples, timeDeltas, startTime }, { startUs, endUs }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const modules = new Map();
  const functions = new Map();
  let totalMs = 0;
  let atUs = startTime;
  samples.forEach((id, index) => {
    // A delta is the time since the sample before, so a sample stands for the time up to the next one.
    atUs += timeDeltas[index];
    const ms = (timeDeltas[index + 1] ?? 0) / 1000;
    const frame = frames.get(id);
    if (frame.functionName === idle || atUs < startUs || atUs > endUs) return;
    totalMs += ms;
    add(modules, moduleOf(frame), ms);
    add(functions, functionOf(frame), ms);
  });
  return { totalMs, modules, functions };
}

function moduleOf({ url, functionName }) {
  if (url === "") return functionName.startsWith("(") ? functionName : `native ${functionName}`;
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const own = /\/packages\/([^/]+\/dist\/[^/]+)/.exec(url)?.[1];
  if (own !== undefined) return `packages/${own.replace("/dist/", "/").replace(/\.js$/, "")}`;
  const [, together] = nodeModules.find(([pattern]) => pattern.test(url)) ?? [];
  return together ?? url.split("/").slice(0, 2).join("/");
}

function functionOf(frame) {
  const { url, functionName, lineNumber } = frame;
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const file = url.startsWith("file:") ? basename(fileURLToPath(url)) : url;
  return `${name} (${file}:${lineNumber + 1})`;
}

function add(map, key, ms) {
  map.set(key, (map.get(key) ?? 0) + ms);
}
