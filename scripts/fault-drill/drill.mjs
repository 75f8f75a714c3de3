/** The drill itself: faults one after another, with calm between them, under a load that never ceases. */
import { setTimeout as pause } from "node:timers/promises";
import { Progress } from "../bench/progress.mjs";
import { figuresOf } from "./figures.mjs";
import { returnLimitSeconds, returnsWithinMinutes } from "./floors.mjs";
import { ambiguousAttempts } from "./gateway-log.mjs";
import { Load } from "./load.mjs";
import { phasesOf } from "./phases.mjs";
import { idOf, startSystem, timeoutSecondsFor } from "./system.mjs";

/** Until everything has been compiled and every connection opened. */
const warmUpSeconds = 1;

/**
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<import("./figures.mjs").Figures[]>}
 */
export async function drill(options) {
  const phases = phasesOf(options, timeoutSecondsFor(options));
  const { deployments, spare, gateway } = await startSystem(options);
  const load = new Load(gateway.url, options.rate);
  const progress = new Progress(phases.length);
  const recoveryLimitMs = (returnsWithinMinutes(options) ? options.calmSeconds : returnLimitSeconds) * 1000;
  const enter = (phase, { isFault }) => {
    load.enter(phase, { isFault });
    progress.tell(phase);
  };

  enter("warm-up", { isFault: false });
  load.start();
  await pause(warmUpSeconds * 1000);
  enter("calm", { isFault: false });
  await pause(options.seconds * 1000);
  const recoveries = new Map();
  for (const { name, broken } of phases) {
    const faults = Object.entries(broken);
    enter(name, { isFault: true });
    await Promise.all(faults.map(([each, fault]) => deployments.get(each).break(fault)));
    await pause(options.seconds * 1000);
    enter(`after ${name}`, { isFault: false });
    const sinceMs = performance.now();
    await Promise.all(faults.map(([each, fault]) => deployments.get(each).mend(fault)));
    recoveries.set(name, await recovery(load, Object.keys(broken), sinceMs, recoveryLimitMs));
    const restMs = options.calmSeconds * 1000 - (performance.now() - sinceMs);
    if (restMs > 0) await pause(restMs);
    progress.done(1);
  }
  await load.stop();
  progress.clear();

  const calls = await Promise.all([...deployments.values(), spare].map((each) => each.calls()));
  const { edits } = load;
  const answered = edits.filter(({ requestId }) => requestId !== undefined).length;
  const ambiguous = await ambiguousAttempts(gateway, answered);
  return figuresOf({ options, phases, recoveries, edits, calls: calls.flat(), ambiguous });
}

/** Milliseconds until all of them have served again; undefined if one has not in time. */
async function recovery(load, names, sinceMs, limitMs) {
  const missing = new Set(names.map(idOf));
  for (;;) {
    for (const id of missing) if (load.wasServedBy(id, sinceMs)) missing.delete(id);
    const passedMs = performance.now() - sinceMs;
    if (missing.size === 0) return passedMs;
    if (passedMs > limitMs) return undefined;
    await pause(20);
  }
}
