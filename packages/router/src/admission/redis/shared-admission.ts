import { randomUUID } from "node:crypto";
import { type Timers, backgroundTimers } from "../../memory/timers.js";
import { repeatedly } from "../../memory/repeatedly.js";
import type { RedisConnection } from "../../redis/redis-connection.js";
import { RedisUnavailableError } from "../../redis/redis-errors.js";
import {
  type Admission,
  type AdmissionAnswer,
  type AdmissionRequest,
  type HeldLeases,
  type MeterSeed,
  renewEveryMs,
  type Settlement,
} from "../admission.js";
import type { Meter, MeterUse } from "../meter.js";
import { AnswersInTime } from "./answers-in-time.js";
import { type DatedAnswer, StateLostError } from "./admission-replies.js";
import { Availability } from "./availability.js";
import { type HeldAttempt, HeldCharges } from "./held-charges.js";
import { Lanes } from "./lanes.js";
import { LocalShare } from "./local-share.js";
import { admissionDeadlines, RedisAdmission, type Returned } from "./redis-admission.js";
import { RedisMemory } from "./redis-memory.js";
import type {
  AdmissionState,
  SharedAdmissionSettings,
  SharedAdmissionSurroundings,
} from "./shared-admission-settings.js";

/** Of one gateway. Redis answers a thousand and more a second: of several gateways' questions none waits for its deadline. */
const mostAdmitsAtOnce = 16;

/**
 * Limits that gateways share, in Redis for as long as it answers. While it does not, each
 * gateway goes on within what it knows of itself: see {@link Availability} and {@link LocalShare}.
 *
 * The request that finds out waits for its deadline, all others not at all. What Redis has not been told, or may have lost,
 * it is told before the first admission after: on a new connection, when its state is another one, when it answers again,
 * and when this process has stood still for longer than leases last.
 */
export class SharedAdmission implements Admission {
  readonly #store: RedisAdmission;
  readonly #connection: RedisConnection;
  /** Of this process, for its calls. */
  readonly #gatewayId: string;
  /** What Redis knows the gateway by. */
  readonly #name: string;
  readonly #timers: Timers;
  readonly #held = new HeldCharges();
  /** What Redis knows of it, and is still to be told. */
  readonly #memory: RedisMemory;
  readonly #answers: AnswersInTime;
  readonly #availability: Availability;
  readonly #local: LocalShare;
  readonly #returnListeners = new Set<() => void>();
  readonly #stops: (() => void)[] = [];
  readonly #lanes = new Lanes(mostAdmitsAtOnce);
  #degradedAnswers = 0;
  #calls = 0;
  #isClosed = false;

  constructor(
    connection: RedisConnection,
    settings: SharedAdmissionSettings,
    surroundings: SharedAdmissionSurroundings = {},
  ) {
    this.#connection = connection;
    const { testNowMs } = surroundings;
    this.#store = new RedisAdmission(connection, {
      ...(testNowMs !== undefined && { testNowMs }),
      ...(settings.journalId !== undefined && { journalId: settings.journalId }),
    });
    this.#gatewayId = settings.gatewayId ?? randomUUID();
    this.#name = settings.journalId ?? this.#gatewayId;
    this.#timers = surroundings.timers ?? backgroundTimers;
    this.#answers = new AnswersInTime(this.#timers);
    const nowMs = surroundings.nowMs ?? (() => Date.now());
    this.#local = new LocalShare(settings.onFailure, nowMs);
    this.#memory = new RedisMemory(this.#store, this.#held, {
      gatewayId: this.#name,
      timers: this.#timers,
      nowMs,
      passedMs: surroundings.passedMs ?? (() => performance.now()),
    });
    this.#availability = new Availability({
      recover: () => this.#memory.recover(),
      onLost: (reason) => {
        this.#memory.doubt();
        this.#answers.giveUp(reason);
      },
      // Who waits may ask anew: other limits hold now.
      onChange: () => this.#tellReturned(),
      timers: this.#timers,
      random: surroundings.random ?? Math.random,
    });
    this.#stops.push(
      this.#store.onReturned(() => this.#tellReturned()),
      this.#local.books.onReturned(() => {
        if (this.state.kind === "degraded") this.#tellReturned();
      }),
      this.#store.onStateLost(() => this.#memory.doubt()),
      connection.onReady(() => {
        this.#memory.doubt();
        if (this.state.kind === "degraded") void this.#availability.tryAgain();
      }),
    );
  }

  /** Begins; whether Redis answers or not, it goes on. @param deadlineMs how long a connection is waited for */
  async start(deadlineMs: number): Promise<AdmissionState> {
    this.#stops.push(repeatedly(this.#timers, renewEveryMs, () => this.#renewAll()));
    await this.#connection.connect(deadlineMs);
    await this.#availability.start();
    return this.state;
  }

  get state(): AdmissionState {
    return this.#availability.state;
  }

  /** How many admissions were answered without Redis. */
  get degradedAnswers(): number {
    return this.#degradedAnswers;
  }

  /** How many gateways share the limits now, this one included. @throws RedisUnavailableError */
  async countGateways(): Promise<number> {
    await this.#memory.greet();
    return this.#memory.gateways;
  }

  /** How many settlements Redis has still to be told of. */
  get owedSettlements(): number {
    return this.#memory.owedSettlements;
  }

  /** The answer ends it. */
  onState(listener: (state: AdmissionState) => void): () => void {
    return this.#availability.listen(listener);
  }

  async admit(asked: AdmissionRequest): Promise<AdmissionAnswer> {
    const held = this.#held.attempt(asked.attemptId);
    if (held !== undefined) return this.#again(asked, held);
    return this.#lanes.run(() => this.#admitInTurn(asked));
  }

  async #admitInTurn(asked: AdmissionRequest): Promise<AdmissionAnswer> {
    if (this.state.kind === "degraded") return this.#admitLocally(asked, this.state.reason);
    this.#calls += 1;
    const call = `${this.#gatewayId}.${this.#calls}`;
    try {
      const { answer, atMs } = await this.#answers.within(
        admissionDeadlines.admitMs,
        this.#admitShared(asked, call),
      );
      if (answer.kind === "admitted") {
        this.#local.note(asked, answer.candidate);
        this.#held.add(asked, answer.candidate, atMs, this.#memory.epoch);
      }
      return answer;
    } catch (error) {
      // It may be admitted all the same, sooner or later.
      this.#memory.owe({ what: "abandoned", id: asked.attemptId, call });
      return this.#admitLocally(asked, this.#availability.degrade(error));
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
    for (const settlement of settlements) this.#local.settle(settlement);
    const unmarked = settlements.filter(({ mark }) => mark === undefined);
    let applied: ReadonlyMap<string, bigint>;
    try {
      if (this.state.kind === "degraded") throw new RedisUnavailableError(this.state.reason);
      applied = await this.#answers.within(admissionDeadlines.otherMs, this.#store.settle(settlements));
    } catch (error) {
      this.#availability.degrade(error);
      for (const one of unmarked) this.#memory.oweSettlement(one);
      applied = this.#memory.appliedOf(settlements);
    }
    this.#memory.noteApplied(applied);
    for (const settlement of settlements) {
      const { mark } = settlement;
      const isApplied = mark === undefined || mark.sequence <= (applied.get(mark.journalId) ?? 0n);
      if (isApplied) this.#held.settle(settlement, this.#memory.nowMs);
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
    if (this.state.kind === "degraded") return;
    await this.#store.renew(held).catch((error: unknown) => void this.#availability.degrade(error));
  }

  async constrain(meter: Meter, limit: bigint, forMs: number): Promise<void> {
    this.#local.constrain(meter, limit, forMs);
    if (this.state.kind === "degraded") return;
    await this.#store
      .constrain(meter, limit, forMs)
      .catch((error: unknown) => void this.#availability.degrade(error));
  }

  async usage(meters: readonly Meter[]): Promise<readonly MeterUse[]> {
    if (this.state.kind === "shared") {
      try {
        return await this.#answers.within(admissionDeadlines.otherMs, this.#store.usage(meters));
      } catch (error) {
        this.#availability.degrade(error);
      }
    }
    return this.#local.usage(meters, this.#memory.gateways);
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
    this.#availability.close();
    this.#returnListeners.clear();
    this.#local.books.close();
    if (this.state.kind === "shared") await this.#store.takeLeave(this.#name).catch(() => undefined);
  }

  async #admitShared(asked: AdmissionRequest, call: string): Promise<DatedAnswer> {
    await this.#memory.refresh();
    try {
      return await this.#store.admitIn(this.#memory.epoch, call, asked);
    } catch (error) {
      if (!(error instanceof StateLostError)) throw error;
      this.#memory.doubt();
      await this.#memory.recover();
      return this.#store.admitIn(this.#memory.epoch, call, asked);
    }
  }

  async #return(returned: Returned): Promise<void> {
    if (this.state.kind === "shared") {
      try {
        return await this.#answers.within(admissionDeadlines.otherMs, this.#store.return([returned]));
      } catch (error) {
        this.#availability.degrade(error);
      }
    }
    this.#memory.owe(returned);
  }

  async #renewAll(): Promise<void> {
    this.#held.sweep(this.#memory.nowMs, this.#memory.heardMs);
    this.#local.books.renew(this.#held.leases);
    this.#connection.touch();
    if (this.state.kind === "degraded") return;
    await this.#memory.renew().catch((error: unknown) => void this.#availability.degrade(error));
  }

  #admitLocally(asked: AdmissionRequest, reason: string): AdmissionAnswer {
    this.#degradedAnswers += 1;
    const answer = this.#local.admit(asked, this.#memory.gateways) ?? { kind: "unavailable", reason };
    if (answer.kind === "admitted") this.#held.add(asked, answer.candidate, this.#memory.nowMs, undefined);
    return answer;
  }

  /** What was answered before, with what meters hold now. */
  async #again(asked: AdmissionRequest, { candidate }: HeldAttempt): Promise<AdmissionAnswer> {
    const charges = [...(asked.candidates[candidate]?.charges ?? []), ...asked.requestCharges];
    const use = await this.usage(charges.map(({ meter }) => meter));
    return { kind: "admitted", candidate, use };
  }

  #tellReturned(): void {
    for (const listener of [...this.#returnListeners]) listener();
  }
}
