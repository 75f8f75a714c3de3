/** What each phase has come to. */
import { percentile } from "../bench/statistics.mjs";
import { missesOf } from "./floors.mjs";
import { fallback } from "./system.mjs";

/**
 * @typedef {object} Figures of the edits of a phase
 * @property {string} name
 * @property {number} edits
 * @property {number} served share
 * @property {number} byFallback share
 * @property {{ p50: number, p99: number }} latencyMs from when an edit was due
 * @property {{ p50: number, p99: number }} addedMs beyond the median of the calm before the first fault
 * @property {number} attempts for each edit
 * @property {number} calls of them that arrived at a deployment, for each edit
 * @property {number} ambiguous share of the edits with an attempt that may or may not have been billed
 * @property {number} billed calls
 * @property {number} unanswered of these beyond one for each edit that was answered
 * @property {string} unansweredNanoUsd what they cost
 * @property {number | undefined} recoveryMs until all that was broken served again
 * @property {Record<string, number>} failures of edits, by status and attempts
 * @property {string[]} misses what should have been better
 */

const calm = "calm";
/** The times after faults, taken together. */
const between = "calm after faults";

/** @returns {Figures[]} of the calm, of each fault, of the calm after faults */
export function figuresOf({ options, phases, recoveries, edits, calls, ambiguous }) {
  const callsOf = new Map(edits.map(({ id }) => [id, []]));
  for (const call of calls) callsOf.get(call.edit).push(call);
  const known = edits.map((edit) => knownOf(edit, callsOf.get(edit.id), ambiguous));
  const baselineMs = percentile(
    known.filter(({ phase }) => phase === calm).map(({ latencyMs }) => latencyMs),
    0.5,
  );
  const figures = (phase, belongs) => {
    const own = known.filter((edit) => belongs(edit.phase));
    const summed = summary(own, baselineMs);
    const recoveryMs = recoveries.get(phase.name);
    return {
      name: phase.name,
      ...summed,
      recoveryMs,
      misses: missesOf(phase, own, known, recoveries, options),
    };
  };
  return [
    figures({ name: calm, broken: {}, detectionSeconds: 0 }, (name) => name === calm),
    ...phases.map((phase) => figures(phase, (name) => name === phase.name)),
    figures({ name: between }, (name) => name.startsWith("after ")),
  ];
}

/** An edit, and what the other side says of it. */
function knownOf(edit, calls, ambiguous) {
  const billed = calls.map(({ nanoUsd }) => nanoUsd).filter((nanoUsd) => nanoUsd > 0n);
  return { ...edit, calls: calls.length, billed, ambiguous: ambiguous.get(edit.requestId) ?? 0 };
}

function summary(edits, baselineMs) {
  const share = (is) => edits.filter(is).length / edits.length;
  const sum = (of) => edits.reduce((total, edit) => total + of(edit), 0);
  const latenciesMs = edits.map(({ latencyMs }) => latencyMs);
  const [p50, p99] = [0.5, 0.99].map((part) => percentile(latenciesMs, part));
  const unanswered = edits.flatMap(({ billed, isServed }) => billed.slice(isServed ? 1 : 0));
  const failed = edits.filter(({ isServed }) => !isServed).map(({ outcome }) => outcome);
  return {
    edits: edits.length,
    served: share(({ isServed }) => isServed),
    byFallback: share(({ isServed, deployment }) => isServed && deployment.startsWith(fallback)),
    latencyMs: { p50, p99 },
    addedMs: { p50: p50 - baselineMs, p99: p99 - baselineMs },
    attempts: sum(({ attempts }) => attempts) / edits.length,
    calls: sum(({ calls }) => calls) / edits.length,
    ambiguous: share(({ ambiguous }) => ambiguous > 0),
    billed: sum(({ billed }) => billed.length),
    unanswered: unanswered.length,
    unansweredNanoUsd: String(unanswered.reduce((total, nanoUsd) => total + nanoUsd, 0n)),
    failures: Object.fromEntries(
      [...new Set(failed)].map((each) => [each, failed.filter((one) => one === each).length]),
    ),
  };
}
