/** From the rounds of a scenario to its figures: medians, and ratios within each round, with their spread. */
import { overRounds } from "./statistics.mjs";

/** @typedef {{ median: number, min: number, max: number } | undefined} Figure undefined: could not be measured */

/**
 * @typedef {object} Row
 * @property {string} target
 * @property {"streamed" | "held"} answers
 * @property {string} [fault]
 * @property {number} right
 * @property {number} wrong
 * @property {Figure} perSecond
 * @property {Figure} timesPortkey throughput over Portkey's
 * @property {Figure} p50Ms
 * @property {Figure} addedP50Ms over the direct one
 * @property {Figure} p99Ms
 * @property {Figure} firstByteMs
 * @property {Figure} cpuMs per answer
 * @property {Figure} timesBase CPU per answer over the base's
 * @property {Figure} peakBytes
 * @property {Figure} waiting
 * @property {Figure} cores that the target kept busy, as below the generator and the upstream
 * @property {Figure} generatorCores
 * @property {Figure} upstreamCores
 */

/**
 * @param {import("./rotation.mjs").Measured[]} measured
 * @param {string} base
 * @returns {Row[]}
 */
export function summarise(measured, base) {
  const roundsOf = (name) => {
    const found = measured.find(({ target, fault }) => target.name === name && fault === undefined);
    return found?.rounds ?? [];
  };
  return measured.map(({ target, rounds: all, right, wrong, fault }) => {
    const rounds = fault === undefined ? all : [];
    const over = (figure) => overRounds(rounds.map(figure));
    const against = (name, figure) =>
      overRounds(rounds.map((round, index) => figure(round, roundsOf(name)[index] ?? {})));
    return {
      target: target.name,
      answers: target.answers,
      fault,
      right,
      wrong,
      perSecond: over((round) => round.perSecond),
      timesPortkey: against("portkey", (round, other) => round.perSecond / other.perSecond),
      p50Ms: over((round) => round.latencyMs.p50),
      addedP50Ms: against("direct", (round, other) => round.latencyMs.p50 - other.latencyMs?.p50),
      p99Ms: over((round) => round.latencyMs.p99),
      firstByteMs: over((round) => round.firstByteMs),
      cpuMs: over(cpuMsPerAnswer),
      timesBase: against(base, (round, other) => cpuMsPerAnswer(round) / cpuMsPerAnswer(other)),
      peakBytes: over((round) => round.peakBytes),
      waiting: over((round) => round.waiting),
      cores: over((round) => round.targetCpuMs / round.windowMs),
      generatorCores: over((round) => round.generatorCpuMs / round.windowMs),
      upstreamCores: over((round) => round.upstreamCpuMs / round.windowMs),
    };
  });
}

function cpuMsPerAnswer({ targetCpuMs, answers }) {
  return targetCpuMs / answers;
}
