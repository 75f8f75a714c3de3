import { type Correction, leaseMs } from "../admission.js";
import type { Admitted } from "../conformance/play.test.support.js";
import type { Charge, Meter } from "../meter.js";

interface Taken {
  readonly meter: Meter;
  /** Its attempt's id, or its request's. */
  readonly owner: string;
  readonly atMs: number;
  amount: bigint;
  expiresAtMs: number;
  /** A lease that was not given back, or a reservation that was not settled. */
  isOpen: boolean;
}

/** What was taken, each with its time, in a list that only grows: too simple to be wrong, and far too slow. */
export class ExactModel {
  readonly #taken: Taken[] = [];

  admitted({ asked, charges, requestCharges, atMs }: Admitted): void {
    for (const charge of charges) this.#take(charge, asked.attemptId, atMs);
    for (const charge of requestCharges) this.#take(charge, asked.requestId, atMs);
  }

  /** Of an attempt, or of a request that has ended. */
  released(owner: string, isSent: boolean): void {
    for (const taken of this.#of(owner)) {
      if (taken.meter.window.kind === "lease" || !isSent) taken.isOpen = false;
      if (!isSent) taken.amount = 0n;
    }
  }

  settled(attemptId: string, corrections: readonly Correction[]): void {
    const left = this.#of(attemptId);
    for (const { charge, used } of corrections) {
      const index = left.findIndex(({ meter }) => meter.key === charge.meter.key);
      const [taken] = left.splice(index, 1) as [Taken];
      if (taken.meter.window.kind !== "lease") taken.amount = used;
    }
    for (const taken of this.#of(attemptId)) if (taken.meter.isMoney === true) taken.isOpen = false;
  }

  renewed(owners: readonly string[], nowMs: number): void {
    for (const taken of this.#taken) if (owners.includes(taken.owner)) taken.expiresAtMs = nowMs + leaseMs;
  }

  seeded(meter: Meter, spent: bigint, nowMs: number): void {
    this.#take({ meter, amount: spent }, "the books", nowMs);
    for (const taken of this.#of("the books")) taken.isOpen = false;
  }

  /** What counts of a meter of a rolling window that were so long. */
  within(meter: Meter, windowMs: number, nowMs: number): bigint {
    return sum(this.#counting(meter).filter(({ atMs }) => atMs > nowMs - windowMs));
  }

  inPeriod(meter: Meter, startMs: number): bigint {
    return sum(this.#counting(meter).filter(({ atMs }) => atMs >= startMs));
  }

  held(meter: Meter, nowMs: number): bigint {
    return sum(this.#open(meter).filter(({ expiresAtMs }) => expiresAtMs > nowMs));
  }

  /** @param sinceMs of a period's meter, its start */
  reserved(meter: Meter, sinceMs: number): bigint {
    return meter.isMoney === true ? sum(this.#open(meter).filter(({ atMs }) => atMs >= sinceMs)) : 0n;
  }

  #take({ meter, amount }: Charge, owner: string, atMs: number): void {
    this.#taken.push({ meter, owner, atMs, amount, expiresAtMs: atMs + leaseMs, isOpen: true });
  }

  #of(owner: string): Taken[] {
    return this.#taken.filter((taken) => taken.owner === owner);
  }

  #open({ key }: Meter): Taken[] {
    return this.#taken.filter(({ meter, isOpen }) => meter.key === key && isOpen);
  }

  /** All but what is only reserved. */
  #counting({ key }: Meter): Taken[] {
    return this.#taken.filter(
      ({ meter, isOpen }) => meter.key === key && !(meter.isMoney === true && isOpen),
    );
  }
}

function sum(taken: readonly Taken[]): bigint {
  return taken.reduce((total, { amount }) => total + amount, 0n);
}
