import type {
  Admission,
  AdmissionAnswer,
  AdmissionCandidate,
  AdmissionRequest,
  HeldLeases,
  MeterSeed,
  Refusal,
  Settlement,
} from "../admission.js";
import type { Charge, Meter, MeterUse } from "../meter.js";
import { Constraints } from "./constraints.js";
import type { Taking } from "./meter-state.js";
import { MeterStates } from "./meter-states.js";
import { RecordBook } from "./record-book.js";
import { AttemptRecord, type RequestRecord, takingOf } from "./records.js";
import { Trial } from "./trial.js";

/** What an admission without candidates takes beside its request's charges. */
const noCandidate: readonly AdmissionCandidate[] = [{ id: "", charges: [] }];

/**
 * Limits of a process that is alone, kept in its memory; every answer comes at once. What nobody needs any more is dropped
 * bit by bit by the calls that come, so that memory follows what is under way and what still counts.
 */
export class EmbeddedAdmission implements Admission {
  readonly #clock: () => number;
  readonly #states = new MeterStates();
  readonly #constraints = new Constraints();
  readonly #records = new RecordBook();
  /** By journal, the last sequence that has been applied. */
  readonly #applied = new Map<string, bigint>();
  readonly #listeners = new Set<() => void>();
  #latestMs = -Infinity;

  /** @param options.nowMs milliseconds since 1970; where it goes back, time stands still until it is there again */
  constructor({ nowMs }: { readonly nowMs: () => number }) {
    this.#clock = nowMs;
  }

  /** How many meters, attempts and requests are remembered. */
  get size(): { readonly meters: number; readonly attempts: number; readonly requests: number } {
    return { meters: this.#states.size, ...this.#records.size };
  }

  admit(asked: AdmissionRequest): AdmissionAnswer {
    const nowMs = this.#now();
    this.#sweep(nowMs);
    const known = this.#records.attempt(asked.attemptId);
    if (known !== undefined) return this.#admitted(asked, known.candidate, nowMs);
    const request = this.#records.request(asked.requestId);
    const requestCharges = request === undefined ? asked.requestCharges : [];
    const problem = this.#problemOf(
      [requestCharges, ...asked.candidates.map(({ charges }) => charges)],
      nowMs,
    );
    if (problem !== undefined) return problem;
    const trial = this.#trial(requestCharges, undefined, nowMs);
    try {
      if (trial.refusal !== undefined) return { kind: "refused", refusals: [trial.refusal] };
      return this.#admitFirstThatFits(asked, request, trial, nowMs);
    } finally {
      trial.end();
    }
  }

  release(attemptId: string, how: "sent" | "never sent"): void {
    const record = this.#records.attempt(attemptId);
    if (record === undefined || record.isReleased) return;
    const nowMs = this.#now();
    const isUndone = how === "never sent" && !record.isSettled;
    const hasReturned = giveBack(record.takings, isUndone, nowMs);
    record.isReleased = true;
    record.isSettled ||= isUndone;
    record.heardAtMs = nowMs;
    this.#records.endIfOver(record, nowMs);
    if (hasReturned) this.#tellReturned();
  }

  finish(requestId: string, how: "sent" | "never sent"): void {
    const record = this.#records.request(requestId);
    if (record === undefined) return;
    const nowMs = this.#now();
    const hasReturned = giveBack(record.takings, how === "never sent", nowMs);
    this.#records.endRequest(record, nowMs);
    if (hasReturned) this.#tellReturned();
  }

  settle(settlements: readonly Settlement[]): ReadonlyMap<string, bigint> {
    const nowMs = this.#now();
    const applied = new Map<string, bigint>();
    let hasReturned = false;
    for (const settlement of settlements) {
      if (this.#isNext(settlement, nowMs)) hasReturned = this.#apply(settlement, nowMs) || hasReturned;
      const journalId = settlement.mark?.journalId;
      if (journalId !== undefined) applied.set(journalId, this.#applied.get(journalId) ?? 0n);
    }
    if (hasReturned) this.#tellReturned();
    return applied;
  }

  seed(seeds: readonly MeterSeed[], applied: ReadonlyMap<string, bigint> = new Map()): void {
    const nowMs = this.#now();
    for (const { meter, spent } of seeds) this.#states.seed(meter, spent, nowMs);
    for (const [journalId, sequence] of applied)
      if (!this.#applied.has(journalId)) this.#applied.set(journalId, sequence);
  }

  renew({ attemptIds, requestIds }: HeldLeases): void {
    const nowMs = this.#now();
    for (const id of attemptIds) {
      const record = this.#records.attempt(id);
      if (record === undefined || record.isReleased) continue;
      renew(record, nowMs);
      record.request.heardAtMs = nowMs;
    }
    for (const id of requestIds) {
      const record = this.#records.request(id);
      if (record !== undefined) renew(record, nowMs);
    }
  }

  constrain(meter: Meter, limit: bigint, forMs: number): void {
    const nowMs = this.#now();
    this.#constraints.add(meter, limit, nowMs + forMs, nowMs);
  }

  usage(meters: readonly Meter[]): MeterUse[] {
    const nowMs = this.#now();
    return meters.map((meter) => this.#useOf(meter, nowMs));
  }

  onReturned(callback: () => void): () => void {
    const listener = (): void => callback();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }

  #admitFirstThatFits(
    asked: AdmissionRequest,
    request: RequestRecord | undefined,
    ownTrial: Trial,
    nowMs: number,
  ): AdmissionAnswer {
    const refusals: Refusal[] = [];
    const hasCandidates = asked.candidates.length > 0;
    for (const [index, { charges }] of (hasCandidates ? asked.candidates : noCandidate).entries()) {
      const trial = this.#trial(charges, index, nowMs);
      try {
        if (trial.refusal !== undefined) {
          refusals.push(trial.refusal);
          continue;
        }
        const owner = request ?? this.#records.addRequest(asked.requestId, ownTrial.take(nowMs), nowMs);
        const candidate = hasCandidates ? index : -1;
        this.#records.addAttempt(
          new AttemptRecord(asked.attemptId, candidate, trial.take(nowMs), owner, nowMs),
        );
        return this.#admitted(asked, candidate, nowMs);
      } finally {
        trial.end();
      }
    }
    return { kind: "refused", refusals };
  }

  #problemOf(lists: readonly (readonly Charge[])[], nowMs: number): AdmissionAnswer | undefined {
    const unseeded = new Map<string, Meter>();
    // Candidates share their caller's meters.
    const seen = new Set<Meter>();
    for (const charges of lists) {
      for (const { meter } of charges) {
        if (isOutside(meter, nowMs)) return { kind: "wrong period", nowMs };
        if (meter.isMoney !== true || seen.has(meter)) continue;
        seen.add(meter);
        if (this.#states.isUnseeded(meter)) unseeded.set(meter.key, meter);
      }
    }
    return unseeded.size > 0 ? { kind: "unseeded", meters: [...unseeded.values()] } : undefined;
  }

  #trial(charges: readonly Charge[], candidate: number | undefined, nowMs: number): Trial {
    return new Trial(charges, candidate, this.#states, this.#constraints, nowMs);
  }

  #admitted(
    { candidates, requestCharges }: AdmissionRequest,
    candidate: number,
    nowMs: number,
  ): AdmissionAnswer {
    const charges = [...(candidates[candidate]?.charges ?? []), ...requestCharges];
    return { kind: "admitted", candidate, use: charges.map(({ meter }) => this.#useOf(meter, nowMs)) };
  }

  #useOf(meter: Meter, nowMs: number): MeterUse {
    const state = this.#states.find(meter);
    const limit = this.#constraints.limitOf(meter, nowMs);
    return { meter, used: state?.used(nowMs) ?? 0n, reserved: state?.reserved ?? 0n, limit };
  }

  /** Whether it has not been applied, and all before it have. */
  #isNext({ attemptId, mark }: Settlement, nowMs: number): boolean {
    if (mark === undefined) {
      if (this.#records.wasSettled(attemptId, nowMs)) return false;
      this.#records.noteSettled(attemptId, nowMs);
      return true;
    }
    if (mark.sequence !== (this.#applied.get(mark.journalId) ?? 0n) + 1n) return false;
    this.#applied.set(mark.journalId, mark.sequence);
    return true;
  }

  /** @returns whether something came back */
  #apply({ attemptId, admittedAtMs, corrections, money }: Settlement, nowMs: number): boolean {
    const record = this.#records.attempt(attemptId);
    const isOpen = record !== undefined && !record.isSettled;
    const takings = isOpen ? [...record.takings, ...record.request.takings] : [];
    const corrected = new Set<Taking>();
    let hasReturned = false;
    for (const { charge, used } of corrections) {
      const taking = takingOf(charge.meter, takings, corrected);
      if (taking === undefined) {
        this.#states.of(charge.meter, nowMs).charge(used, admittedAtMs, nowMs);
      } else {
        corrected.add(taking);
        hasReturned = taking.state.settle(taking, used, nowMs) || hasReturned;
      }
    }
    if (!isOpen) return hasReturned;
    for (const taking of record.takings) {
      const isCost = taking.state.kind === "money" && !corrected.has(taking);
      hasReturned = taking.state.settle(taking, isCost ? money : undefined, nowMs) || hasReturned;
    }
    record.isSettled = true;
    record.heardAtMs = nowMs;
    this.#records.endIfOver(record, nowMs);
    return hasReturned;
  }

  #now(): number {
    this.#latestMs = Math.max(this.#latestMs, this.#clock());
    return this.#latestMs;
  }

  #sweep(nowMs: number): void {
    this.#states.sweep(nowMs);
    this.#constraints.sweep(nowMs);
    this.#records.sweep(nowMs);
  }

  #tellReturned(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function isOutside({ window }: Meter, nowMs: number): boolean {
  return window.kind === "period" && (nowMs < window.startMs || nowMs >= window.endMs);
}

/** @returns whether something came back */
function giveBack(takings: readonly Taking[], isUndone: boolean, nowMs: number): boolean {
  let hasReturned = false;
  for (const taking of takings) {
    const { state } = taking;
    const isBack = isUndone ? state.undo(taking, nowMs) : state.release(taking, nowMs);
    hasReturned ||= isBack;
  }
  return hasReturned;
}

function renew(record: { readonly takings: readonly Taking[]; heardAtMs: number }, nowMs: number): void {
  record.heardAtMs = nowMs;
  for (const taking of record.takings) taking.state.renew(taking, nowMs);
}
