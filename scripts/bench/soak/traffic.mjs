/** The soak's load: so many edits a second, always the same mix, whoever of them is slow. */
import { clearInterval, setInterval } from "node:timers";
import { edit } from "./client.mjs";

/** Of a hundred edits: how many of each payload, sent and read in which manner. */
const mix = [
  [20, "64k:1k", "usual"],
  [16, "256k:200k", "usual"],
  [12, "1m:2m", "usual"],
  [8, "4m:2m", "usual"],
  [6, "8m:4m", "usual"],
  [8, "64k:200k:stream", "usual"],
  [4, "1m:1m:stream", "usual"],
  [5, "1m:200k", "uploads slowly"],
  [3, "8m:2m", "uploads slowly"],
  [3, "64k:8m", "reads slowly"],
  [2, "1m:4m:stream", "reads slowly"],
  [5, "8m:4m", "leaves its upload"],
  [4, "4m:2m", "leaves waiting"],
  [4, "1m:8m", "leaves its answer"],
];

/** More at once would show that the gateway does not keep up, and what is sent then would no longer be the same. */
const mostAtOnce = 400;

export const payloads = [...new Set(mix.map(([, payload]) => payload))];

export class Traffic {
  counts = { right: 0, left: 0, failed: 0, wrong: 0, notSent: 0 };
  /** @type {string | undefined} */
  firstFault;
  inFlight = 0;
  #gateway;
  #timer;
  #deck = [];

  constructor(gateway) {
    this.#gateway = gateway;
  }

  start(perSecond) {
    this.#timer = setInterval(() => void this.#send(), 1000 / perSecond);
  }

  /** No new ones; those in flight go on. */
  stop() {
    clearInterval(this.#timer);
  }

  async #send() {
    if (this.inFlight >= mostAtOnce) {
      this.counts.notSent += 1;
      return;
    }
    if (this.#deck.length === 0) this.#deck = shuffledDeck();
    const [payload, manner] = this.#deck.pop();
    this.inFlight += 1;
    const outcome = await edit(this.#gateway, payload, manner);
    this.inFlight -= 1;
    const isWrong = outcome.startsWith("wrong");
    this.counts[isWrong ? "wrong" : outcome] += 1;
    if (isWrong)
      this.firstFault ??= `${payload}, who ${manner === "usual" ? "is a usual client" : manner}: ${outcome}`;
  }
}

/** A hundred edits in any order: each hundred is the same load. */
function shuffledDeck() {
  const deck = mix.flatMap(([count, payload, manner]) => Array(count).fill([payload, manner]));
  return deck
    .map((each) => ({ each, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ each }) => each);
}
