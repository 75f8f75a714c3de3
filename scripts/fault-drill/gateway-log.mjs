/** What the gateway alone knows of an edit. */
import { until } from "../../packages/proxy/dist/system/until.js";

/** Attempts that brought no complete answer although all was sent. */
const withoutAnswer = ["APIConnectionError", "TimeoutError"];

/**
 * How many attempts of each request ended so that nobody knows whether they were billed, by the gateway's id.
 *
 * @param {number} answered the log is read once it has so many requests: lines come a moment after their answers
 * @returns {Promise<Map<string, number>>}
 */
export async function ambiguousAttempts(gateway, answered) {
  const lines = await until(() => {
    const read = gateway
      .logLines()
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    const logged = read.filter(({ msg }) => msg === "request").length;
    return (logged >= answered || gateway.running.hasEnded) && read;
  });
  const counts = new Map();
  for (const { msg, requestId, billed, error } of lines) {
    if (msg !== "attempt failed" || billed !== "maybe" || !withoutAnswer.includes(error)) continue;
    counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
  }
  return counts;
}
