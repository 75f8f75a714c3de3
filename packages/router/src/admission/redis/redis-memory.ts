import type { Timers } from "../../memory/timers.js";
import { leaseMs, type Settlement } from "../admission.js";
import type { HeldCharges } from "./held-charges.js";
import type { RedisAdmission, Returned } from "./redis-admission.js";

/** What is not waited for any more, for as long as it takes Redis to come back, at most. */
const mostPending = 100_000;

export interface RedisMemorySettings {
  /** What Redis knows this process by. */
  readonly gatewayId: string;
  readonly timers: Timers;
  readonly nowMs: () => number;
  /** Milliseconds that pass whether or not the clock is set. */
  readonly passedMs: () => number;
}

/**
 * What Redis knows of this gateway, and what it is still to be told: what is held, what was given back while it did not answer,
 * what was settled. Redis' state has a name, its epoch; where that is another one, it has forgotten.
 */
export class RedisMemory {
  readonly #store: RedisAdmission;
  readonly #held: HeldCharges;
  readonly #settings: RedisMemorySettings;
  /** What Redis is to be told as soon as it answers. */
  readonly #pending = new Set<Returned>();
  readonly #pendingSettlements = new Set<Settlement>();
  /** Of each journal of ours, what has been applied. */
  readonly #applied = new Map<string, bigint>();
  /** Redis may not know what is held. */
  #isStale = true;
  #recovery: Promise<void> | undefined;
  #epoch = "";
  #gateways = 1;
  #aheadMs = 0;
  #renewedAtMs: number;

  constructor(store: RedisAdmission, held: HeldCharges, settings: RedisMemorySettings) {
    this.#store = store;
    this.#held = held;
    this.#settings = settings;
    this.#renewedAtMs = settings.passedMs();
  }

  /** The state of Redis that knows what is held. */
  get epoch(): string {
    return this.#epoch;
  }

  /** How many gateways share the limits, this one included, as far as it is known. */
  get gateways(): number {
    return this.#gateways;
  }

  /** By Redis' clock. */
  get nowMs(): number {
    return this.#settings.nowMs() + this.#aheadMs;
  }

  /** When Redis was last heard, to the accuracy of a renewal; by its clock. */
  get heardMs(): number {
    return this.nowMs - (this.#settings.passedMs() - this.#renewedAtMs);
  }

  /** How many settlements Redis has still to be told of. */
  get owedSettlements(): number {
    return this.#pendingSettlements.size;
  }

  /** Of the journals that these are marked with, the last sequence that Redis is known to have applied. */
  appliedOf(settlements: readonly Settlement[]): ReadonlyMap<string, bigint> {
    const journals = new Set(settlements.flatMap(({ mark }) => mark?.journalId ?? []));
    return new Map([...journals].map((id) => [id, this.#applied.get(id) ?? 0n]));
  }

  noteApplied(applied: ReadonlyMap<string, bigint>): void {
    for (const [journalId, sequence] of applied) this.#applied.set(journalId, sequence);
  }

  /** Redis is told it as soon as it answers. */
  owe(returned: Returned): void {
    addBounded(this.#pending, returned);
  }

  /** As {@link owe}. */
  oweSettlement(settlement: Settlement): void {
    addBounded(this.#pendingSettlements, settlement);
  }

  /** Redis may have forgotten, or was not listening. */
  doubt(): void {
    this.#isStale = true;
  }

  /**
   * Resolves when Redis knows all that is held.
   * @throws RedisUnavailableError
   */
  async refresh(): Promise<void> {
    // Others may have got the leases of a process that stood still.
    if (this.#settings.passedMs() - this.#renewedAtMs > leaseMs) this.#isStale = true;
    if (this.#isStale) await this.recover();
  }

  /** Tells Redis all that it may not know. Whoever comes meanwhile waits for the same. @throws RedisUnavailableError */
  recover(): Promise<void> {
    this.#recovery ??= this.#tellAll()
      .catch((error: unknown) => {
        this.#isStale = true;
        throw error;
      })
      .finally(() => (this.#recovery = undefined));
    return this.#recovery;
  }

  /** Holds for a while longer what is held. @throws RedisUnavailableError */
  async renew(): Promise<void> {
    const { epoch } = await this.greet();
    if (epoch !== this.#epoch) this.#isStale = true;
    if (this.#isStale) return this.recover();
    await this.#store.renew(this.#held.leases);
    this.#renewedAtMs = this.#settings.passedMs();
  }

  /** This gateway is there. @throws RedisUnavailableError */
  async greet(): Promise<{ readonly epoch: string; readonly closedForMs: number }> {
    const greeting = await this.#store.greet(this.#settings.gatewayId, this.#epoch);
    this.#gateways = greeting.gateways;
    this.#aheadMs = greeting.nowMs - this.#settings.nowMs();
    return greeting;
  }

  async #tellAll(): Promise<void> {
    let { epoch, closedForMs } = await this.greet();
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
      // What Redis has forgotten as a whole, the books tell of.
      const isSame = epoch === this.#epoch;
      const again = isSame ? this.#held.settledLately(epoch, this.heardMs, this.nowMs) : [];
      await this.#store.settle([...settlements, ...again]);
      for (const one of returned) this.#pending.delete(one);
      for (const one of settlements) this.#pendingSettlements.delete(one);
      if (closedForMs > 0) {
        const waitMs = closedForMs;
        await new Promise<void>((resolve) => this.#settings.timers.after(waitMs, resolve));
      }
      this.#epoch = epoch;
      ({ epoch, closedForMs } = await this.greet());
      this.#renewedAtMs = this.#settings.passedMs();
    } while (this.#hasNews || epoch !== this.#epoch);
  }

  /** Something has come up that Redis has not been told. */
  get #hasNews(): boolean {
    return this.#pending.size > 0 || this.#pendingSettlements.size > 0 || this.#held.hasNews(this.#epoch);
  }

  #marks(): (() => object)[] {
    return [...this.#applied].map(([journal, sequence]) => () => ({ journal, sequence: `${sequence}` }));
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
