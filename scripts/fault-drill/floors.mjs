/** What must hold in a phase whatever befalls the deployments. No time is judged: the machine may be busy. */
import { fallback, names } from "./system.mjs";

/** The share of edits to be served: each can be, and some may meet more than one fault, or a machine that stands still. */
const leastServed = 0.99;

/** The share of edits that the fallback may serve while others are left: those that have met two faults. */
const mostByFallback = 0.02;
const mostByFallbackOfFew = 2;

/** Retries for an edit: the gateway's `retry_budget_percent`. */
const retryShare = 0.1;
/** Its `retry_budget_per_minute`. */
const retriesPerMinute = 60;

/** What it takes to find out that a deployment is broken: five failures in a row, some probes, and some more by chance. */
const findingOut = 10;

/** Attempts of an edit in a group: the gateway's `num_retries`, and one. */
const attemptsInGroup = 3;

/** How long a deployment that was mended may take to serve again. */
export const returnLimitSeconds = 30;

/** It gives whoever was slow or failed another turn after minutes, so that nobody is waited for. */
export function returnsWithinMinutes({ strategy }) {
  return strategy === "latency-based-routing";
}

/**
 * @param {import("./phases.mjs").Phase} phase without `broken`: what is left of faults is no fault of its own
 * @param own the phase's edits
 * @param all of the whole drill
 * @param {Map<string, number | undefined>} recoveries by phase
 * @returns {string[]} what should have been better
 */
export function missesOf(phase, own, all, recoveries, options) {
  return [
    ...servedMisses(own),
    ...(phase.broken === undefined ? [] : attemptMisses(phase, own, all, options)),
    ...paymentMisses(own),
    ...(returnsWithinMinutes(options) ? [] : recoveryMisses(phase, recoveries)),
  ].map((miss) => `${phase.name}: ${miss}`);
}

function servedMisses(edits) {
  const served = edits.filter(({ isServed }) => isServed).length;
  if (served >= leastServed * edits.length) return [];
  return [`${served} of ${edits.length} edits were served, where all could be`];
}

function attemptMisses(phase, own, all, options) {
  const isAnyLeft = Object.keys(phase.broken).length < names.length;
  const attempts = own.reduce((sum, edit) => sum + edit.attempts, 0);
  const most = Math.floor(isAnyLeft ? mostWithSomeLeft(phase, own, options) : mostWithNobodyLeft(own, all));
  const byFallback = own.filter(({ deployment }) => deployment?.startsWith(fallback)).length;
  const mayFallBack =
    Math.max(mostByFallbackOfFew, mostByFallback * own.length) + mostWhileFindingOut(phase.broken);
  return [
    ...(attempts > most ? [`${attempts} attempts for ${own.length} edits, where ${most} are enough`] : []),
    ...(isAnyLeft && byFallback > mayFallBack
      ? [`${byFallback} of ${own.length} edits went to the fallback, where others of the group were left`]
      : []),
  ];
}

/** Little more than the edits: whoever is broken is found out and left alone. */
function mostWithSomeLeft({ broken, detectionSeconds }, own, { rate }) {
  const sentMeanwhile = (rate / names.length) * detectionSeconds;
  return own.length * (1 + retryShare) + Object.keys(broken).length * (findingOut + sentMeanwhile);
}

/** Edits that may meet nobody but broken ones until these are found out, where there are enough of them. */
function mostWhileFindingOut(broken) {
  const count = Object.keys(broken).length;
  return count < attemptsInGroup ? 0 : (count * findingOut) / attemptsInGroup;
}

/** Each edit tries the group and its fallback, and retries as the group's budget for a minute lets it. */
function mostWithNobodyLeft(own, all) {
  const endsAtMs = Math.max(...own.map(({ dueAtMs }) => dueAtMs));
  const ofTheMinute = all.filter(({ dueAtMs }) => dueAtMs > endsAtMs - 60_000 && dueAtMs <= endsAtMs);
  return own.length * 2 + ofTheMinute.length * retryShare + retriesPerMinute;
}

/** A call may be paid beside the one that was answered only where an attempt ended so that nobody knows its outcome. */
function paymentMisses(edits) {
  const needless = edits.filter(({ billed, ambiguous }) => billed.length > 1 + ambiguous);
  const untold = edits.filter(
    ({ calls, attempts, requestId }) => requestId !== undefined && calls > attempts,
  );
  return [
    ...needless.map(
      ({ id, billed, ambiguous }) =>
        `${id} was paid ${billed.length} times, ${ambiguous} outcomes were unknown`,
    ),
    ...untold.map(({ id, calls, attempts }) => `${id} was called ${calls} times, and ${attempts} are told`),
  ];
}

function recoveryMisses({ name }, recoveries) {
  return recoveries.has(name) && recoveries.get(name) === undefined
    ? [`not all that was mended served again within ${returnLimitSeconds} s`]
    : [];
}
