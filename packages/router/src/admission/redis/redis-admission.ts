import type { RedisConnection } from "../../redis/redis-connection.js";
import { RedisScript } from "../../redis/redis-script.js";
import type {
  Admission,
  AdmissionAnswer,
  AdmissionRequest,
  HeldLeases,
  MeterSeed,
  Settlement,
} from "../admission.js";
import type { Meter, MeterUse } from "../meter.js";
import { answerOf, type DatedAnswer, textsOf, useOf } from "./admission-replies.js";
import { chargeTexts, usageTexts } from "./charge-texts.js";
import * as sources from "./scripts/scripts.js";

const scripts = {
  admit: new RedisScript(sources.admit),
  release: new RedisScript(sources.release),
  settle: new RedisScript(sources.settle),
  renew: new RedisScript(sources.renew),
  seed: new RedisScript(sources.seed),
  constrain: new RedisScript(sources.constrain),
  usage: new RedisScript(sources.usage),
  greet: new RedisScript(sources.greet),
  takeLeave: new RedisScript(sources.takeLeave),
  assertHeld: new RedisScript(sources.assertHeld),
};

/** How long an answer is waited for, in milliseconds. */
export const admissionDeadlines = { admitMs: 250, otherMs: 2000 } as const;

export interface RedisAdmissionOptions {
  /** In place of Redis' clock, for tests alone. */
  readonly testNowMs?: () => number;
  /** As in {@link SharedAdmissionSettings}. */
  readonly journalId?: string;
}

/** How many records one script works on, so that it holds nobody else up. */
const batchSize = 200;

/** What is over, or was given up: see `scripts/release.ts`. */
export type Returned =
  | { readonly what: "attempt" | "request"; readonly id: string; readonly how: "sent" | "never sent" }
  | { readonly what: "abandoned"; readonly id: string; readonly call: string };

export interface Greeting {
  readonly epoch: string;
  /** This one included. */
  readonly gateways: number;
  /** Redis' clock. */
  readonly nowMs: number;
  /** Milliseconds in which nobody is admitted, since gateways tell what they hold. */
  readonly closedForMs: number;
}

/**
 * Limits in the Redis that gateways share. Each question is one script, and so one moment and one round trip; Redis' clock
 * is the only one. It knows no policy: without an answer in time, or where Redis has lost its state, it fails.
 *
 * @throws RedisUnavailableError of every method: whether it was done is not known then
 */
export class RedisAdmission implements Admission {
  readonly #connection: RedisConnection;
  readonly #testNowMs: (() => number) | undefined;
  readonly #journalId: string;

  constructor(connection: RedisConnection, options: RedisAdmissionOptions = {}) {
    this.#connection = connection;
    this.#testNowMs = options.testNowMs;
    this.#journalId = options.journalId ?? "";
  }

  async admit(asked: AdmissionRequest): Promise<AdmissionAnswer> {
    return (await this.admitIn("", "", asked)).answer;
  }

  /**
   * As {@link admit}, if Redis still has the state that it had.
   * @param epoch of {@link greet}; empty where that is not to be looked at
   * @param call a name for this one question, by which it can be given up
   * @throws StateLostError
   */
  async admitIn(epoch: string, call: string, asked: AdmissionRequest): Promise<DatedAnswer> {
    const { attemptId: attempt, requestId: request, requestCharges, candidates, note } = asked;
    const argument = JSON.stringify({
      attempt,
      request,
      call,
      own: requestCharges.map(chargeTexts),
      candidates: candidates.map(({ charges }) => charges.map(chargeTexts)),
      journal: this.#journalId,
      note,
    });
    return answerOf(asked, await this.#run("admit", [epoch, argument], admissionDeadlines.admitMs));
  }

  async release(attemptId: string, how: "sent" | "never sent"): Promise<void> {
    await this.return([{ what: "attempt", id: attemptId, how }]);
  }

  async finish(requestId: string, how: "sent" | "never sent"): Promise<void> {
    await this.return([{ what: "request", id: requestId, how }]);
  }

  async return(returned: readonly Returned[]): Promise<void> {
    const list = returned.map((one) =>
      JSON.stringify([one.what, one.id, one.what === "abandoned" ? one.call : one.how]),
    );
    await this.#inBatches("release", list);
  }

  async settle(settlements: readonly Settlement[]): Promise<ReadonlyMap<string, bigint>> {
    const list = settlements.map(({ attemptId, mark, admittedAtMs, corrections, money }) =>
      JSON.stringify({
        attempt: attemptId,
        at: `${admittedAtMs}`,
        journal: mark?.journalId ?? "",
        before: mark === undefined ? "" : `${mark.sequence - 1n}`,
        sequence: mark === undefined ? "" : `${mark.sequence}`,
        money: money === undefined ? "" : `${money}`,
        corrections: corrections.map(({ charge, used }) => [chargeTexts(charge), `${used}`]),
      }),
    );
    const applied = new Map<string, bigint>();
    for (const reply of await this.#inBatches("settle", list)) {
      const texts = textsOf(reply);
      for (let index = 0; index + 1 < texts.length; index += 2) {
        applied.set(texts[index] ?? "", BigInt(texts[index + 1] ?? "0"));
      }
    }
    return applied;
  }

  async seed(seeds: readonly MeterSeed[], applied: ReadonlyMap<string, bigint> = new Map()): Promise<void> {
    const marks = [...applied].map(([journal, sequence]) => ({ journal, sequence: `${sequence}` }));
    const charges = seeds.map(({ meter, spent }) => chargeTexts({ meter, amount: spent }));
    const list = [...marks, ...charges].map((one) => JSON.stringify(one));
    await this.#inBatches("seed", list);
  }

  async renew({ attemptIds, requestIds }: HeldLeases): Promise<void> {
    const ids = [
      ...attemptIds.map((id) => ["attempts", id] as const),
      ...requestIds.map((id) => ["requests", id] as const),
    ];
    for (let start = 0; start < ids.length; start += batchSize) {
      const held: { attempts: string[]; requests: string[] } = { attempts: [], requests: [] };
      for (const [kind, id] of ids.slice(start, start + batchSize)) held[kind].push(id);
      await this.#run("renew", [JSON.stringify(held)]);
    }
  }

  async constrain({ key }: Meter, limit: bigint, forMs: number): Promise<void> {
    await this.#run("constrain", [key, `${limit}`, `${Math.round(forMs)}`]);
  }

  async usage(meters: readonly Meter[]): Promise<MeterUse[]> {
    const list = meters.map((meter) => JSON.stringify(usageTexts(meter)));
    const texts = (await this.#inBatches("usage", list)).flatMap(textsOf);
    return meters.map((meter, index) => useOf(meter, texts, index * 3));
  }

  onReturned(callback: () => void): () => void {
    return this.#connection.listen(`${this.#connection.keys}returned`, callback);
  }

  /** Calls back when others have found Redis without its state. The answer ends it. */
  onStateLost(callback: () => void): () => void {
    return this.#connection.listen(`${this.#connection.keys}epoch`, callback);
  }

  /** This gateway is there. @param epoch the one it knows, or empty */
  async greet(gatewayId: string, epoch: string): Promise<Greeting> {
    const reply = textsOf(await this.#run("greet", [gatewayId, epoch]));
    const [found = "", gateways, nowMs, closedForMs] = reply;
    return {
      epoch: found,
      gateways: Number(gateways),
      nowMs: Number(nowMs),
      closedForMs: Number(closedForMs),
    };
  }

  async takeLeave(gatewayId: string): Promise<void> {
    await this.#run("takeLeave", [gatewayId]);
  }

  /** Tells again what is held, in the form of `scripts/fleet.ts`, as it is at the moment when it is sent. */
  async assertHeld(told: readonly (() => object)[]): Promise<void> {
    for (let start = 0; start < told.length; start += batchSize) {
      const batch = told.slice(start, start + batchSize);
      await this.#run(
        "assertHeld",
        batch.map((one) => JSON.stringify({ ...one(), by: this.#journalId })),
      );
    }
  }

  close(): void {
    // The connection is closed by whoever made it.
  }

  async #inBatches(name: keyof typeof scripts, list: readonly string[]): Promise<unknown[]> {
    const replies = [];
    for (let start = 0; start < list.length; start += batchSize) {
      replies.push(await this.#run(name, list.slice(start, start + batchSize)));
    }
    return replies;
  }

  #run(
    name: keyof typeof scripts,
    args: readonly string[],
    deadlineMs: number = admissionDeadlines.otherMs,
  ): Promise<unknown> {
    const now = this.#testNowMs === undefined ? "" : `${this.#testNowMs()}`;
    return this.#connection.run(scripts[name], [now, ...args], deadlineMs);
  }
}
