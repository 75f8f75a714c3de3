/**
 * What is done to whom, and what must hold all the same. Faults are the simulator's, but for `killed` and `frozen`, which
 * are done to its process. The deployments take turns: each time one is taken out it stays out longer.
 */

/** A thing that can befall a deployment: a rule for its simulator, or a signal for its process. */
const status = (code, more = {}) => ({ fault: { kind: "status", status: code, ...more } });
const limited = status(429, {
  code: "rate_limit_exceeded",
  type: "requests",
  message: "Rate limit reached.",
  headers: { "retry-after": "1" },
});
const unpaid = status(429, {
  code: "insufficient_quota",
  type: "insufficient_quota",
  message: "You exceeded your current quota, please check your plan and billing details.",
});
const refusedKey = status(401, {
  code: "invalid_api_key",
  type: "invalid_request_error",
  message: "Incorrect API key provided.",
});

/**
 * @typedef {object} Phase
 * @property {string} name
 * @property {Record<string, "killed" | "frozen" | object>} broken by the deployment's name; an object is a rule of the simulator
 * @property {number} detectionSeconds how long a call takes to fail; all that are sent meanwhile fail as well
 */

/** @returns {Phase[]} */
export function phasesOf({ latencyMs }, timeoutSeconds) {
  const slow = { fault: { kind: "delay", ms: 9 * latencyMs } };
  const answering = latencyMs / 1000;
  const phase = (name, broken, detectionSeconds = answering) => ({ name, broken, detectionSeconds });
  return [
    phase("one killed", { one: "killed" }),
    phase("one frozen", { two: "frozen" }, timeoutSeconds),
    phase("one ten times slower", { three: slow }),
    phase("one limited (429)", { one: limited }),
    phase("one answers 500", { two: status(500) }),
    phase("one answers 500 to a third", { three: { ...status(500), probability: 1 / 3 } }),
    phase("one cuts answers short", { four: { fault: { kind: "cut", share: 0.5 } } }),
    phase("one without money", { three: unpaid }),
    phase("one with a bad key", { four: refusedKey }),
    phase("one killed, one limited", { one: "killed", two: limited }),
    phase("three killed", { one: "killed", two: "killed", four: "killed" }),
    phase("all four killed", { one: "killed", two: "killed", three: "killed", four: "killed" }),
  ];
}
