/** What is measured: payloads under closed and open loops, then memory. */
import { describePayload, parsePayload } from "./payloads.mjs";

const large = 4 * 1024 ** 2;

/**
 * @typedef {object} Scenario
 * @property {"closed" | "open" | "memory"} kind
 * @property {string} title
 * @property {string} payload
 * @property {number} [connections]
 * @property {number} [rate]
 * @property {number} delayMs that the upstream takes
 * @property {number} warmUpMs before each window
 * @property {number} windowMs
 * @property {boolean} warmUpRound a round whose figures do not count, so that every target's code is compiled
 * @property {number} rounds
 * @property {boolean} isFresh whether every target is started for it alone
 */

/**
 * @param {import("./options.mjs").Options} options
 * @returns {Scenario[]}
 */
export function scenariosOf(options) {
  const scenarios = options.payloads.flatMap((payload, index) => {
    const closed = options.concurrency.map((connections) => closedLoop(options, payload, connections));
    const hasOpen = options.rate !== "none" && (!options.smoke || index === 0);
    return hasOpen ? [...closed, openLoop(options, payload)] : closed;
  });
  return options.memory ? [...scenarios, memory(options)] : scenarios;
}

/** How long all of them take for so many targets, without what starts and ends each. */
export function estimatedMs(scenario, targets) {
  return (
    windowsOf(scenario) * targets * (scenario.warmUpMs + scenario.windowMs + (scenario.isFresh ? 1500 : 400))
  );
}

export function windowsOf({ rounds, warmUpRound }) {
  return rounds + (warmUpRound ? 1 : 0);
}

function closedLoop(options, payload, connections) {
  const title = `${describePayload(payload)}, closed loop, ${connections} ${connections === 1 ? "connection" : "connections"}`;
  return { kind: "closed", title, connections, ...common(options, payload) };
}

function openLoop(options, payload) {
  const rate = options.rate ?? usualRate(payload);
  return {
    kind: "open",
    title: `${describePayload(payload)}, open loop, ${rate}/s`,
    rate,
    ...common(options, payload),
  };
}

function common({ seconds, rounds, smoke }, { text, imageBytes }) {
  return {
    payload: text,
    delayMs: 0,
    warmUpMs: smoke ? 0 : 300,
    // Large uploads are few in a window; a long one has more of them.
    windowMs: seconds * 1000 * (imageBytes >= large && !smoke ? 2 : 1),
    warmUpRound: !smoke,
    rounds,
    isFresh: false,
  };
}

/** What the slowest target keeps up with on two cores; an open loop above that shows a queue and nothing else. */
function usualRate({ imageBytes }) {
  if (imageBytes >= large) return 6;
  return imageBytes >= 1024 ** 2 ? 25 : 100;
}

/** So many uploads in flight at once that their bytes are most of what a target holds. */
function memory({ smoke }) {
  const payload = parsePayload("4m:200k");
  const connections = smoke ? 8 : 64;
  const delayMs = smoke ? 100 : 300;
  return {
    kind: "memory",
    title: `Peak memory: ${describePayload(payload)}, ${connections} uploads in flight, the upstream takes ${delayMs} ms`,
    payload: payload.text,
    connections,
    delayMs,
    warmUpMs: smoke ? 0 : 500,
    windowMs: smoke ? 300 : 4000,
    warmUpRound: false,
    rounds: 1,
    isFresh: true,
  };
}
