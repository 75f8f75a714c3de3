/**
 * Runs a scenario in rotation, A B C A B C: what else the machine does hits all targets alike, and a ratio within a round
 * compares what ran side by side.
 */
import { runLoad } from "./load-process.mjs";
import { runTarget } from "./run-target.mjs";
import { estimatedMs, windowsOf } from "./scenarios.mjs";

/**
 * @typedef {object} Measured
 * @property {import("./targets/target.mjs").Target} target
 * @property {import("./load.mjs").LoadResult[]} rounds
 * @property {number} right over all windows, those of a warm-up too
 * @property {number} wrong
 * @property {string} [fault] what went wrong; the figures then mean nothing
 */

/**
 * @param {import("./scenarios.mjs").Scenario} scenario
 * @param {import("./run-target.mjs").RunningTarget[]} running
 * @returns {Promise<Measured[]>}
 */
export async function runInRotation(scenario, running, upstream, progress) {
  const measured = running.map(({ target }) => ({ target, rounds: [], right: 0, wrong: 0 }));
  const windows = windowsOf(scenario);
  for (let window = 0; window < windows; window += 1) {
    const isWarmUp = scenario.warmUpRound && window === 0;
    for (const [index, each] of running.entries()) {
      const figures = measured[index];
      progress.tell(`${scenario.title}, round ${window + 1} of ${windows}: ${each.target.name}`);
      if (figures.fault === undefined) {
        const { result, fault } = await runWindow(scenario, each, upstream);
        figures.right += result.right;
        figures.wrong += result.wrong;
        figures.fault = fault;
        if (!isWarmUp) figures.rounds.push(result);
      }
      progress.done(estimatedMs(scenario, 1) / windows);
    }
  }
  return measured;
}

/**
 * The same for a scenario that needs fresh processes: each target is started, measured and ended in turn.
 *
 * @param {import("./targets/target.mjs").Target[]} targets
 * @param {{ upstreamPort: number, folder: string }} place
 * @returns {Promise<Measured[]>}
 */
export async function runOneByOne(scenario, targets, place, upstream, progress) {
  const measured = [];
  for (const target of targets) {
    const running = await runTarget(target, place);
    try {
      measured.push(...(await runInRotation(scenario, [running], upstream, progress)));
    } finally {
      await running.end();
    }
  }
  return measured;
}

async function runWindow(scenario, { target, port, headers, pid }, upstream) {
  const { payload, connections, rate, delayMs, warmUpMs, windowMs } = scenario;
  await upstream.configure({ payload, model: target.model, delayMs });
  const result = await runLoad({
    port,
    headers,
    payload,
    connections,
    rate,
    warmUpMs,
    windowMs,
    upstreamPid: upstream.pid,
    targetPid: pid,
  });
  const seen = await upstream.counts();
  return { result, fault: faultOf(result, seen) };
}

function faultOf({ right, wrong, firstFault }, { uploads, wrong: wrongUploads, firstFault: uploadFault }) {
  if (wrongUploads > 0) return `${wrongUploads} wrong uploads, the first with ${uploadFault}`;
  if (wrong > 0) return `${wrong} wrong answers, the first: ${firstFault}`;
  if (right === 0) return "no answer at all";
  if (uploads < right) return `${right} answers to ${uploads} uploads`;
  return undefined;
}
