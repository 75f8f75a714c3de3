/** Waits until nothing is under way any more. */
import { setTimeout as pause } from "node:timers/promises";
import { heardOfSince, metersIn, openAttemptsIn } from "./meters.mjs";

/** What has not come to rest by then never does. */
const patienceMs = 120_000;
const everyMs = 500;

/**
 * What became of it all.
 *
 * @typedef {object} Calm
 * @property {readonly string[]} unrest what did not come to rest, in words
 * @property {readonly import("./meters.mjs").OpenAttempt[]} forsaken reserved by gateways that were killed before they had
 *   written an intent, and could not be returned when they were started again, since Redis was away just then
 */

/** @returns {Promise<Calm>} */
export async function calmOf({ fleet, redis, postgres, simulator }) {
  const giveUpMs = performance.now() + patienceMs;
  let billed;
  for (;;) {
    const before = billed;
    billed = (await simulator.bill()).totals.overall.nanoUsd;
    const readiness = await fleet.readiness();
    const living = await heardOfSince(redis, fleet.lastDeathMs);
    const forsaken = await forsakenIn(redis, postgres, fleet);
    const unrest = [
      ...(before === billed ? [] : ["the simulator bills on"]),
      ...(living.length === fleet.gateways.length ? [] : [`Redis has heard of ${living.length} gateways`]),
      ...readiness.flatMap((told, index) => unrestOf(told).map((what) => `gateway ${index}: ${what}`)),
      ...reservedBeyond(forsaken, await metersIn(redis)),
    ];
    if (unrest.length === 0 || performance.now() > giveUpMs) return { unrest, forsaken };
    await pause(everyMs);
  }
}

/** By a process that is dead, and in no row. */
async function forsakenIn(redis, postgres, fleet) {
  const open = (await openAttemptsIn(redis)).filter(
    ({ journalId, atMs }) => atMs < (fleet.withJournal(journalId)?.lastDeathMs ?? 0),
  );
  // One that waited for its connection was admitted once more, under another name.
  const ids = open.map(({ id }) => id.replace(/\+\d+$/, ""));
  const known = await postgres.query("SELECT attempt_id FROM darkroom.attempts WHERE attempt_id = ANY($1)", [
    ids,
  ]);
  const inLedger = new Set(known.map((row) => row.attempt_id));
  return open.filter((_, index) => !inLedger.has(ids[index]));
}

function reservedBeyond(forsaken, meters) {
  return meters.flatMap(({ key, startMs, reserved }) => {
    const ofForsaken = forsaken
      .flatMap((attempt) => attempt.reserved)
      .filter(({ meter }) => meter === `${key} @${startMs}`)
      .reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
    const left = reserved - ofForsaken;
    return left === 0n ? [] : [`${left} nano-dollars of ${key} of ${startMs} stay reserved`];
  });
}

function unrestOf(told) {
  if (told === undefined) return ["does not answer"];
  const { status, journal, ledger, ledger_lag_entries: lag, limits } = told;
  const isCalm =
    status === "healthy" &&
    journal === "writing" &&
    ledger === "applying" &&
    lag === 0 &&
    limits === "shared";
  return isCalm ? [] : [JSON.stringify(told)];
}
