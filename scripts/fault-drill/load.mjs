/** So many edits a second, whether or not the gateway keeps up, as clients who know nothing of one another send them. */
import { clearInterval, setInterval } from "node:timers";
import { imagesIn, sendEdit } from "../../packages/proxy/dist/system/edit-request.js";
import { group } from "./system.mjs";

const tickMs = 5;

/**
 * @typedef {object} Edit
 * @property {string} id
 * @property {string} phase in which it was due, or in which a fault has met it
 * @property {number} dueAtMs
 * @property {number} latencyMs from when it was due
 * @property {boolean} isServed
 * @property {string} outcome status, and code of an error
 * @property {number} attempts as the client is told: all that are named, else the one that succeeded
 * @property {string | undefined} deployment that served, or was tried last
 * @property {string | undefined} requestId the gateway's
 */

export class Load {
  /** @type {Edit[]} those that have been answered */
  edits = [];
  #phase = "";
  #url;
  #rate;
  #sent = 0;
  /** Each with the promise of its end. */
  #inFlight = new Map();
  #timer;

  constructor(url, rate) {
    this.#url = url;
    this.#rate = rate;
  }

  start() {
    const startedAtMs = performance.now();
    this.#timer = setInterval(() => {
      for (;;) {
        const dueAtMs = startedAtMs + (this.#sent * 1000) / this.#rate;
        if (dueAtMs > performance.now()) return;
        this.#send(dueAtMs);
      }
    }, tickMs);
  }

  /** In which edits are due from now on; those that are under way become part of a phase whose fault meets them. */
  enter(phase, { isFault }) {
    this.#phase = phase;
    if (isFault) for (const due of this.#inFlight.keys()) due.phase = phase;
  }

  /** Sends no more, and waits for all answers. */
  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#inFlight.values());
  }

  /** Whether a deployment has served an edit that was due after that moment. */
  wasServedBy(deployment, sinceMs) {
    return this.edits.some(
      (edit) => edit.isServed && edit.deployment === deployment && edit.dueAtMs >= sinceMs,
    );
  }

  #send(dueAtMs) {
    this.#sent += 1;
    const due = { id: `edit-${this.#sent}`, phase: this.#phase, dueAtMs };
    this.#inFlight.set(
      due,
      this.#edit(due).finally(() => this.#inFlight.delete(due)),
    );
  }

  async #edit(due) {
    const answered = await answerTo(this.#url, due.id);
    this.edits.push({ ...due, latencyMs: performance.now() - due.dueAtMs, ...answered });
  }
}

async function answerTo(url, id) {
  try {
    const answer = await sendEdit(url, { fields: { model: group, user: id } });
    const { status, headers } = answer;
    const isServed = status === 200 && imagesIn(answer) === 1;
    const told = headers["x-darkroom-attempts"]?.split(", ").length;
    return {
      isServed,
      outcome: isServed ? "served" : `${status} ${headers["x-darkroom-attempts"] ?? ""}`,
      attempts: told ?? (status === 200 ? 1 : 0),
      deployment: headers["x-darkroom-deployment"],
      requestId: headers["x-request-id"],
    };
  } catch (error) {
    return { isServed: false, outcome: error.message, attempts: 0 };
  }
}
