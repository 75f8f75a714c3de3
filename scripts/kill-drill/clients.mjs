/** Clients, so many at a time, who send edit after edit: some leave, some send again what broke off. */
import { setTimeout as pause } from "node:timers/promises";
import { SeededDraws } from "../../packages/proxy/dist/system/reconciliation/seeded-draws.js";
import { sendOnce } from "./client.mjs";

/** Of the edits: clients that leave, and clients with an Idempotency-Key, who send again until they are told something. */
const shares = { leaving: 0.12, keyed: 0.3 };

/** Within this time a client leaves: some during the upload, most while the upstream is at work. */
const longestStayMs = 250;

/** Whoever is told that there is no room, or no money, asks for the next edit a moment later. */
const longestPauseMs = 300;

/**
 * Where they send.
 *
 * @typedef {object} Door
 * @property {(edit: object, isKeyed: boolean) => import("./mortal-gateway.mjs").MortalGateway} gatewayFor of one
 *   Idempotency-Key always the same
 * @property {() => void} end nobody is to wait for a gateway any more
 */

export class Clients {
  /** @type {import("./client.mjs").Seen[]} all that was seen of every request, in the order in which they ended */
  seen = [];
  /** Edits that were sent again with the same key. */
  sentAgain = 0;
  /** The ids of the edits that have one. */
  keyedEdits = [];
  /** Rejects if they run out of edits. */
  ended;
  #door;
  #keyOf;
  #seed;
  #waiting;
  #isOver = false;

  /**
   * @param {object} options
   * @param {Door} options.door
   * @param {Iterable} options.edits
   * @param {(edit: object) => string} options.keyOf whose key an edit is sent with
   * @param {number} options.seed
   * @param {number} options.count
   */
  constructor({ door, edits, keyOf, seed, count }) {
    this.#door = door;
    this.#keyOf = keyOf;
    this.#seed = seed;
    this.#waiting = edits[Symbol.iterator]();
    this.ended = Promise.all(Array.from({ length: count }, () => this.#work()));
  }

  /** Nothing new is sent; resolves when nobody waits any more. */
  async stop() {
    this.#isOver = true;
    this.#door.end();
    await this.ended;
  }

  async #work() {
    for (const edit of this.#waiting) {
      if (this.#isOver) return;
      await this.#send(edit);
    }
    if (!this.#isOver) throw new Error("The drill has run out of edits.");
  }

  async #send(edit) {
    const draws = new SeededDraws(this.#seed, "client", edit.id);
    const leaves = draws.chance(shares.leaving);
    const stayMs = draws.between(0, longestStayMs);
    const isKeyed = draws.chance(shares.keyed);
    if (isKeyed) this.keyedEdits.push(edit.id);
    for (let sent = 0; ; ) {
      const gateway = this.#door.gatewayFor(edit, isKeyed);
      const url = await gateway.listening();
      if (url === undefined) return;
      const seen = await sendOnce(url, edit, {
        key: this.#keyOf(edit),
        ...(leaves && { leavesAfterMs: stayMs }),
        ...(isKeyed && { idempotencyKey: `key of ${edit.id}` }),
        onAnswer: () => gateway.answers(),
      });
      if (seen.end !== "refused") {
        this.seen.push(seen);
        sent += 1;
        if (sent > 1) this.sentAgain += 1;
      }
      if (seen.status === 429 || seen.status === 503) await pause(draws.between(0, longestPauseMs));
      if (seen.end === "answered" || seen.end === "left") return;
      // Without a key nobody sends what he may have to pay for twice; what nobody took is sent once there is somebody.
      if (seen.end === "broken" && !isKeyed) return;
    }
  }
}
