/** Clients of gateways, and what became of their edits. */
import { setTimeout as wait } from "node:timers/promises";
import { sendEdit } from "../../packages/proxy/dist/system/edit-request.js";

/**
 * @typedef {object} Edit
 * @property {number} askedAtMs milliseconds since 1970, as every time here
 * @property {number} answeredAtMs
 * @property {number} status 0: there was no answer
 * @property {string | undefined} retryAfter
 */

/** @returns {Promise<Edit>} */
export async function editAt(url, fields) {
  const askedAtMs = Date.now();
  const answer = await sendEdit(url, { fields }).catch(() => ({ status: 0, headers: {} }));
  return {
    askedAtMs,
    answeredAtMs: Date.now(),
    status: answer.status,
    retryAfter: answer.headers["retry-after"],
  };
}

/** Clients come one after the other, as they do: all at the same moment would measure the machine. */
const comeEveryMs = 5;

/**
 * So many clients, each of which asks again as soon as it is answered.
 * @param {(client: number, edit: number) => Promise<Edit>} ask
 * @returns {Promise<Edit[]>}
 */
export async function closedLoop(clients, untilMs, ask) {
  const edits = [];
  const client = async (number) => {
    await wait(number * comeEveryMs);
    for (let count = 0; Date.now() < untilMs; count += 1) edits.push(await ask(number, count));
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return edits;
}

/**
 * So many edits a minute, whoever is slow, that come by chance (a Poisson process).
 * @param {() => number} random from 0 to 1
 * @returns {Promise<Edit[]>}
 */
export async function openLoop(perMinute, untilMs, random, ask) {
  const running = [];
  for (let atMs = Date.now(); atMs < untilMs; atMs += (-Math.log(1 - random()) * 60_000) / perMinute) {
    await wait(Math.max(0, atMs - Date.now()));
    running.push(ask(running.length));
  }
  return Promise.all(running);
}

export function countsOf(edits) {
  const counts = {};
  for (const { status } of edits) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
