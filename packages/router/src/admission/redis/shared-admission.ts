import { randomUUID } from "node:crypto";
import { type Timers, backgroundTimers } from "../../memory/timers.js";
import { afterSilence } from "../../redis/after-silence.js";
import type { RedisConnection } from "../../redis/redis-connection.js";
import { RedisUnavailableError, reasonOf } from "../../redis/redis-errors.js";
import {
  type Admission,
  type AdmissionAnswer,
  type AdmissionRequest,
  type HeldLeases,
  leaseMs,
  type MeterSeed,
  renewEveryMs,
  type Settlement,
} from "../admission.js";
import type { Meter, MeterUse } from "../meter.js";
import { type DatedAnswer, StateLostError } from "./admission-replies.js";
import { type HeldAttempt, HeldCharges } from "./held-charges.js";
import { Lanes } from "./lanes.js";
import { LocalShare } from "./local-share.js";
import { admissionDeadlines, RedisAdmission, type Returned } from "./redis-admission.js";

/**
 * What holds for limits while Redis does not answer. Of money nothing is admitted then, whatever it says.
 *
 * - `local-share`: each gateway admits its part of each limit, of two parts at least
 * - `deny`: nothing
 * - `open`: everything
 */
export type OnRedisFailure = "local-share" | "deny" | "open";

export type AdmissionState =
  | { readonly kind: "shared" }
  /** Redis does not answer. The reason holds no secret. */
  | { readonly kind: "degraded"; readonly reason: string };

export interface SharedAdmissionSettings {
  readonly onFailure: OnRedisFailure;
  /** What Redis knows this process by. */
  readonly gatewayId?: string;
}

export interface SharedAdmissionSurroundings {
  readonly nowMs?: () => number;
  /** Milliseconds that pass whether or not the clock is set. */
  readonly passedMs?: () => number;
  readonly random?: () => number;
  readonly timers?: Timers;
  /** In place of Redis' clock, for tests alone. */
  readonly testNowMs?: () => number;
}

/** How often a Redis that does not answer is tried, in milliseconds: at least, and up to twice that. */
const probeEveryMs = 250;

/** A gateway divides limits by two at least: one that was cut off may not know of the others. */
const fewestGateways = 2;

/** Of one gateway. Redis answers a thousand and more a second: of several gateways' questions none waits for its deadline. */
const mostAdmitsAtOnce = 16;

/** What is not waited for any more, for as long as it takes Redis to come back, at most. */
const mostPending = 100_000;

/**
 * Limits that gateways share, in Redis for as long as it answers. It is in one of two states:
 *
 *     shared ──(no answer in time, or an error)──▶ degraded ──(answers, and has been told what is held)──▶ shared
 *
 * The request that finds out waits for its deadline, all others not at all. What Redis has not been told, or may have lost,
 * it is told before the first admission after: on a new connection, when its state is another one, when it answers again,
 * and when this process has stood still for longer than leases last.
 */
export class SharedAdmission implements Admission {
  readonly #store: RedisAdmission;
  readonly #connection: RedisConnection;
  readonly #onFailure: OnRedisFailure;
  readonly #gatewayId: string;
  readonly #timers: Timers;
  readonly #nowMs: () => number;
  readonly #passedMs: () => number;
  readonly #random: () => number;
  readonly #held = new HeldCharges();
  readonly #local: LocalShare;
  readonly #stateListeners = new Set<(state: AdmissionState) => void>();
  readonly #returnListeners = new Set<() => void>();
  readonly #stops: (() => void)[] = [];
  /** What Redis is to be told as soon as it answers. */
  readonly #pending = new Set<Returned>();
  readonly #pendingSettlements = new Set<Settlement>();
  /** Of each journal of ours, what has been applied. */
  readonly #applied = new Map<string, bigint>();

  readonly #lanes = new Lanes(mostAdmitsAtOnce);
  #state: AdmissionState = { kind: "degraded", reason: "not connected yet" };
  #degradedAnswers = 0;
  /** All who wait for Redis: when one has found out that it is in vain, the others need not. */
  readonly #waiting = new Set<(reason: string) => void>();
  /** Redis may not know what is held. */
  #isStale = true;
  #recovery: Promise<void> | undefined;
  #stopProbing: () => void = () => undefined;
  #epoch = "";
  #gateways = 1;
  #aheadMs = 0;
  #renewedAtMs: number;
  #calls = 0;
  #isClosed = false;

  constructor(
    connection: RedisConnection,
    settings: SharedAdmissionSettings,
    surroundings: SharedAdmissionSurroundings = {},
  ) {
    this.#connection = connection;
    const { testNowMs } = surroundings;
    this.#store = new RedisAdmission(connection, testNowMs && { testNowMs });
    this.#onFailure = settings.onFailure;
    this.#gatewayId = settings.gatewayId ?? randomUUID();
    this.#timers = surroundings.timers ?? backgroundTimers;
    this.#nowMs = surroundings.nowMs ?? (() => Date.now());
    this.#passedMs = surroundings.passedMs ?? (() => performance.now());
    this.#random = surroundings.random ?? Math.random;
    this.#local = new LocalShare(this.#nowMs);
    this.#renewedAtMs = this.#passedMs();
    this.#stops.push(
      this.#store.onReturned(() => this.#tellReturned()),
      this.#local.books.onReturned(() => {
        if (this.#state.kind === "degraded") this.#tellReturned();
      }),
      this.#store.onStateLost(() => (this.#isStale = true)),
      connection.onReady(() => {
        this.#isStale = true;
        if (this.#state.kind === "degraded") void this.#tryAgain();
      }),
    );
  }

  /** Begins; whether Redis answers or not, it goes on. @param deadlineMs how long a connection is waited for */
  async start(deadlineMs: number): Promise<AdmissionState> {
    this.#repeat(renewEveryMs, () => this.#renewAll());
    await this.#connection.connect(deadlineMs);
    await this.#tryAgain();
    if (this.#state.kind === "degraded") this.#probeSoon();
    return this.#state;
  }

  get state(): AdmissionState {
    return this.#state;
  }

  /** How many admissions were answered without Redis. */
  get degradedAnswers(): number {
    return this.#degradedAnswers;
  }

  /** How many gateways share the limits, this one included, as far as it is known. */
  get gateways(): number {
    return this.#gateways;
  }

  /** How many gateways share the limits now, this one included. @throws RedisUnavailableError */
  async countGateways(): Promise<number> {
    await this.#greet();
    return this.#gateways;
  }

  /** How many settlements Redis has still to be told of. */
  get owedSettlements(): number {
    return this.#pendingSettlements.size;
  }

  /** The answer ends it. */
  onState(listener: (state: AdmissionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  async admit(asked: AdmissionRequest): Promise<AdmissionAnswer> {
    const held = this.#held.attempt(asked.attemptId);
    if (held !== undefined) return this.#again(asked, held);
    return this.#lanes.run(() => this.#admitInTurn(asked));
  }

  async #admitInTurn(asked: AdmissionRequest): Promise<AdmissionAnswer> {
    if (this.#state.kind === "degraded") return this.#admitLocally(asked, this.#state.reason);
    this.#calls += 1;
    const call = `${this.#gatewayId}.${this.#calls}`;
    try {
      const { answer, atMs } = await this.#inTime(admissionDeadlines.admitMs, this.#admitShared(asked, call));
      if (answer.kind === "admitted") {
        this.#local.note(asked, answer.candidate);
        this.#hold(asked, answer.candidate, atMs, this.#epoch);
      }
      return answer;
    } catch (error) {
      // It may be admitted all the same, sooner or later.
      addBounded(this.#pending, { what: "abandoned", id: asked.attemptId, call });
      return this.#admitLocally(asked, this.#degrade(error));
    }
  }

  async release(attemptId: string, how: "sent" | "never sent"): Promise<void> {
    this.#held.release(attemptId, how);
    this.#local.books.release(attemptId, how);
    await this.#return({ what: "attempt", id: attemptId, how });
  }

  async finish(requestId: string, how: "sent" | "never sent"): Promise<void> {
    this.#held.finish(requestId, how);
    this.#local.books.finish(requestId, how);
    await this.#return({ what: "request", id: requestId, how });
  }

  /** Those with a mark that Redis does not take now have to be settled again: the answer tells what has been applied. */
  async settle(settlements: readonly Settlement[]): Promise<ReadonlyMap<string, bigint>> {
    for (const settlement of settlements) this.#noteLocally(settlement);
    const unmarked = settlements.filter(({ mark }) => mark === undefined);
    const journals = new Set(settlements.flatMap(({ mark }) => mark?.journalId ?? []));
    let applied: ReadonlyMap<string, bigint> = new Map();
    try {
      if (this.#state.kind === "degraded") throw new RedisUnavailableError(this.#state.reason);
      applied = await this.#inTime(admissionDeadlines.otherMs, this.#store.settle(settlements));
    } catch (error) {
      this.#degrade(error);
      for (const one of unmarked) addBounded(this.#pendingSettlements, one);
      applied = new Map([...journals].map((id) => [id, this.#applied.get(id) ?? 0n]));
    }
    for (const [journalId, sequence] of applied) this.#applied.set(journalId, sequence);
    for (const settlement of settlements) {
      const { mark } = settlement;
      const isApplied = mark === undefined || mark.sequence <= (applied.get(mark.journalId) ?? 0n);
      if (isApplied) this.#held.settle(settlement);
    }
    return applied;
  }

  /** @throws RedisUnavailableError */
  async seed(seeds: readonly MeterSeed[], applied?: ReadonlyMap<string, bigint>): Promise<void> {
    await this.#store.seed(seeds, applied);
  }

  /** All that is held is renewed without being asked. */
  async renew(held: HeldLeases): Promise<void> {
    this.#local.books.renew(held);
    if (this.#state.kind === "degraded") return;
    await this.#store.renew(held).catch((error: unknown) => void this.#degrade(error));
  }

  async constrain(meter: Meter, limit: bigint, forMs: number): Promise<void> {
    this.#local.constrain(meter, limit, forMs);
    if (this.#state.kind === "degraded") return;
    await this.#store.constrain(meter, limit, forMs).catch((error: unknown) => void this.#degrade(error));
  }

  async usage(meters: readonly Meter[]): Promise<readonly MeterUse[]> {
    if (this.#state.kind === "shared") {
      try {
        return await this.#inTime(admissionDeadlines.otherMs, this.#store.usage(meters));
      } catch (error) {
        this.#degrade(error);
      }
    }
    return this.#local.usage(meters, this.#parts);
  }

  onReturned(callback: () => void): () => void {
    const listener = (): void => callback();
    this.#returnListeners.add(listener);
    return () => this.#returnListeners.delete(listener);
  }

  /** Tells the others that there is one less. The connection is closed by whoever made it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#stopProbing();
    this.#returnListeners.clear();
    this.#stateListeners.clear();
    this.#local.books.close();
    if (this.#state.kind === "shared") await this.#store.takeLeave(this.#gatewayId).catch(() => undefined);
  }

  // ── With Redis ──

  async #admitShared(asked: AdmissionRequest, call: string): Promise<DatedAnswer> {
    // Others may have got the leases of a process that stood still.
    if (this.#passedMs() - this.#renewedAtMs > leaseMs) this.#isStale = true;
    if (this.#isStale) await this.#recover();
    try {
      return await this.#store.admitIn(this.#epoch, call, asked);
    } catch (error) {
      if (!(error instanceof StateLostError)) throw error;
      this.#isStale = true;
      await this.#recover();
      return this.#store.admitIn(this.#epoch, call, asked);
    }
  }

  /** Tells Redis all that it may not know. Whoever comes meanwhile waits for the same. */
  #recover(): Promise<void> {
    this.#recovery ??= this.#tellAll().finally(() => (this.#recovery = undefined));
    return this.#recovery;
  }

  async #tellAll(): Promise<void> {
    let { epoch, closedForMs } = await this.#greet();
    do {
      this.#isStale = false;
      if (epoch !== this.#epoch) await this.#store.assertHeld(this.#marks());
      const returned = [...this.#pending];
      const settlements = [...this.#pendingSettlements];
      await this.#store.return(returned.filter(({ what }) => what === "abandoned"));
      const told = this.#held.toTell(epoch);
      await this.#store.assertHeld(told.map(({ record }) => record));
      for (const { markTold } of told) markTold(epoch);
      await this.#store.return(returned.filter(({ what }) => what !== "abandoned"));
      await this.#store.settle(settlements);
      for (const one of returned) this.#pending.delete(one);
      for (const one of settlements) this.#pendingSettlements.delete(one);
      if (closedForMs > 0) await new Promise<void>((resolve) => this.#timers.after(closedForMs, resolve));
      this.#epoch = epoch;
      ({ epoch, closedForMs } = await this.#greet());
      this.#renewedAtMs = this.#passedMs();
    } while (this.#hasNews || epoch !== this.#epoch);
  }

  /** Something has come up that Redis has not been told. */
  get #hasNews(): boolean {
    return this.#pending.size > 0 || this.#pendingSettlements.size > 0 || this.#held.hasNews(this.#epoch);
  }

  #marks(): (() => object)[] {
    return [...this.#applied].map(([journal, sequence]) => () => ({ journal, sequence: `${sequence}` }));
  }

  async #greet(): Promise<{ epoch: string; closedForMs: number }> {
    const greeting = await this.#store.greet(this.#gatewayId, this.#epoch);
    this.#gateways = greeting.gateways;
    this.#aheadMs = greeting.nowMs - this.#nowMs();
    return greeting;
  }

  async #return(returned: Returned): Promise<void> {
    if (this.#state.kind === "shared") {
      try {
        return await this.#inTime(admissionDeadlines.otherMs, this.#store.return([returned]));
      } catch (error) {
        this.#degrade(error);
      }
    }
    addBounded(this.#pending, returned);
  }

  async #renewAll(): Promise<void> {
    this.#held.sweep(this.#redisNowMs);
    this.#local.books.renew(this.#held.leases);
    this.#connection.touch();
    if (this.#state.kind === "degraded") return;
    try {
      const { epoch } = await this.#greet();
      if (epoch !== this.#epoch) this.#isStale = true;
      if (this.#isStale) return await this.#recover();
      await this.#store.renew(this.#held.leases);
      this.#renewedAtMs = this.#passedMs();
    } catch (error) {
      this.#degrade(error);
    }
  }

  /** @throws RedisUnavailableError at the deadline, and as soon as anybody has found out that there is no answer */
  #inTime<Answer>(deadlineMs: number, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(new RedisUnavailableError(reason));
      const callOff = afterSilence(this.#timers, deadlineMs, () => fail(`no answer within ${deadlineMs} ms`));
      this.#waiting.add(fail);
      answer.then(resolve, reject).finally(() => {
        callOff();
        this.#waiting.delete(fail);
      });
    });
  }

  // ── Without ──

  /** @returns why */
  #degrade(error: unknown): string {
    const reason = reasonOf(error);
    if (this.#state.kind === "degraded") return this.#state.reason;
    this.#isStale = true;
    this.#become({ kind: "degraded", reason });
    for (const fail of this.#waiting) fail(reason);
    this.#waiting.clear();
    this.#probeSoon();
    return reason;
  }

  #become(state: AdmissionState): void {
    if (this.#isClosed) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
    // Who waits may ask anew: other limits hold now.
    this.#tellReturned();
  }

  #probeSoon(): void {
    this.#stopProbing();
    this.#stopProbing = this.#timers.after(probeEveryMs * (1 + this.#random()), () => {
      if (this.#isClosed || this.#state.kind === "shared") return;
      void this.#tryAgain().then(() => {
        if (this.#state.kind === "degraded") this.#probeSoon();
      });
    });
  }

  async #tryAgain(): Promise<void> {
    if (this.#isClosed || this.#state.kind === "shared") return;
    try {
      await this.#recover();
      this.#become({ kind: "shared" });
    } catch (error) {
      this.#isStale = true;
      const reason = reasonOf(error);
      if (this.#state.reason !== reason) this.#become({ kind: "degraded", reason });
    }
  }

  #admitLocally(asked: AdmissionRequest, reason: string): AdmissionAnswer {
    this.#degradedAnswers += 1;
    const answer =
      (this.#onFailure === "deny"
        ? this.#local.admitUnlimited(asked)
        : this.#local.admit(asked, this.#parts)) ?? ({ kind: "unavailable", reason } as const);
    if (answer.kind === "admitted") this.#hold(asked, answer.candidate, this.#redisNowMs, undefined);
    return answer;
  }

  /** Among how many a limit is divided; 0: it does not hold. */
  get #parts(): number {
    return this.#onFailure === "open" ? 0 : Math.max(this.#gateways, fewestGateways);
  }

  // ── Both ──

  get #redisNowMs(): number {
    return this.#nowMs() + this.#aheadMs;
  }

  #hold(asked: AdmissionRequest, candidate: number, atMs: number, epoch: string | undefined): void {
    const { attemptId: id, requestId, requestCharges, candidates } = asked;
    const charges = candidates[candidate]?.charges ?? [];
    this.#held.add({ id, requestId, candidate }, charges, requestCharges, atMs, epoch);
  }

  /** What was answered before, with what meters hold now. */
  async #again(asked: AdmissionRequest, { candidate }: HeldAttempt): Promise<AdmissionAnswer> {
    const charges = [...(asked.candidates[candidate]?.charges ?? []), ...asked.requestCharges];
    const use = await this.usage(charges.map(({ meter }) => meter));
    return { kind: "admitted", candidate, use };
  }

  #noteLocally(settlement: Settlement): void {
    const corrections = settlement.corrections.filter(({ charge }) => charge.meter.isMoney !== true);
    const { attemptId, admittedAtMs } = settlement;
    this.#local.books.settle([{ attemptId, admittedAtMs, corrections }]);
  }

  #tellReturned(): void {
    for (const listener of [...this.#returnListeners]) listener();
  }

  #repeat(everyMs: number, what: () => Promise<void>): void {
    let callOff: () => void = () => undefined;
    const next = (): void => {
      callOff = this.#timers.after(everyMs, () => {
        void what().finally(() => {
          if (!this.#isClosed) next();
        });
      });
    };
    next();
    this.#stops.push(() => callOff());
  }
}

function addBounded<Value>(pending: Set<Value>, one: Value): void {
  pending.add(one);
  if (pending.size <= mostPending) return;
  for (const oldest of pending) {
    pending.delete(oldest);
    return;
  }
}
