/** Clients, so many at a time, who send edit after edit: some leave, some send again what broke off. */
import { SeededDraws } from "../../packages/proxy/dist/system/reconciliation/seeded-draws.js";
import { sendOnce } from "./client.mjs";

/** Of the edits: clients that leave, and clients with an Idempotency-Key, who send again until they are told something. */
const shares = { leaving: 0.12, keyed: 0.3 };

/** Within this time a client leaves: some during the upload, most while the upstream is at work. */
const longestStayMs = 250;

export class Clients {
  /** @type {import("./client.mjs").Seen[]} all that was seen of every request, in the order in which they ended */
  seen = [];
  /** Edits that were sent again with the same key. */
  sentAgain = 0;
  /** The ids of the edits that have one. */
  keyedEdits = [];
  /** Rejects if they run out of edits. */
  ended;
  #gateway;
  #seed;
  #waiting;
  #isOver = false;
  #onAnswer = () => undefined;

  /**
   * @param {import("./mortal-gateway.mjs").MortalGateway} gateway
   * @param {Iterable} edits
   */
  constructor(gateway, edits, seed, count) {
    this.#gateway = gateway;
    this.#seed = seed;
    this.#waiting = edits[Symbol.iterator]();
    this.ended = Promise.all(Array.from({ length: count }, () => this.#work()));
  }

  /** Has `act` called, in the same moment, with the next answer that begins. */
  atNextAnswer(act) {
    this.#onAnswer = act;
  }

  /** Nothing new is sent; resolves when nobody waits any more. */
  async stop() {
    this.#isOver = true;
    this.#gateway.end();
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
    const client = {
      key: keyOf(edit),
      ...(leaves && { leavesAfterMs: stayMs }),
      ...(draws.chance(shares.keyed) && { idempotencyKey: `key of ${edit.id}` }),
      onAnswer: () => this.#answers(),
    };
    if (client.idempotencyKey !== undefined) this.keyedEdits.push(edit.id);
    for (let sent = 0; ; ) {
      const url = await this.#gateway.listening();
      if (url === undefined) return;
      const seen = await sendOnce(url, edit, client);
      if (seen.end !== "refused") {
        this.seen.push(seen);
        sent += 1;
        if (sent > 1) this.sentAgain += 1;
      }
      if (seen.end === "answered" || seen.end === "left") return;
      // Without a key nobody sends what he may have to pay for twice; what nobody took is sent once there is somebody.
      if (seen.end === "broken" && client.idempotencyKey === undefined) return;
    }
  }

  #answers() {
    const act = this.#onAnswer;
    this.#onAnswer = () => undefined;
    act();
  }
}

/** Of a caller of its own for each edit, by which the ledger's rows are known. */
export function keyOf({ id }) {
  return `sk-${id}`;
}
