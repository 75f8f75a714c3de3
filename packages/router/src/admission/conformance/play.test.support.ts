import type { Admission, AdmissionAnswer, AdmissionRequest, Correction, Settlement } from "../admission.js";
import type { Charge, Meter } from "../meter.js";
import { calls, minute, minuteMs, money, period } from "./asking.test.support.js";
import { type Command, type MeterName, type NamedCharge, meterNames } from "./commands.test.support.js";
import type { HeldTime } from "./held-time.test.support.js";

const hourMs = 300_000;
const journalId = "journal";

/** An attempt that was admitted. */
export interface Admitted {
  readonly asked: AdmissionRequest;
  readonly candidate: number;
  readonly atMs: number;
  /** What it took itself. */
  readonly charges: readonly Charge[];
  /** What was taken for its request with it. */
  readonly requestCharges: readonly Charge[];
}

/** Told of what happens in a play, after it happened. */
export interface Witness {
  admitted?(admitted: Admitted): void;
  refused?(answer: AdmissionAnswer & { kind: "refused" }): void;
  released?(attempt: Admitted, isSent: boolean): void;
  finished?(requestId: string, isSent: boolean): void;
  settled?(attempt: Admitted, corrections: readonly Correction[]): void;
  renewed?(attemptIds: readonly string[], requestIds: readonly string[]): void;
  seeded?(meter: Meter, spent: bigint): void;
  after?(command: Command): Promise<void> | void;
}

/** Lets commands happen to admissions side by side, as the rest of a gateway would, and expects the same of all. */
export class Play {
  readonly #admissions: readonly Admission[];
  readonly #time: HeldTime;
  readonly #witness: Witness;
  readonly #attempts = new Map<string, Admitted & { isReleased: boolean; isSettled: boolean }>();
  readonly #requests = new Set<string>();
  readonly #journal: Settlement[] = [];
  #ids = 0;

  constructor(admissions: readonly Admission[], time: HeldTime, witness: Witness = {}) {
    this.#admissions = admissions;
    this.#time = time;
    this.#witness = witness;
  }

  async run(command: Command): Promise<void> {
    await this.#happen(command);
    await this.#all((admission) => admission.usage(this.meters()));
    await this.#witness.after?.(command);
  }

  /** As they are now. */
  meters(): readonly Meter[] {
    return meterNames.map((name) => this.meterNamed(name, 9n));
  }

  meterNamed(name: MeterName, limit: bigint): Meter {
    const startMs = Math.floor(this.#time.nowMs / hourMs) * hourMs;
    switch (name) {
      case "minute":
        return minute(name, limit, minuteMs);
      case "second":
        return minute(name, limit, 1_000);
      case "slots":
        return calls(name, limit);
      case "hour":
        return period(name, limit, startMs, startMs + hourMs);
      case "budget":
        return money(period(name, limit, startMs, startMs + hourMs));
      case "month":
        return money(minute(name, limit, minuteMs));
    }
  }

  async #happen(command: Command): Promise<void> {
    switch (command.kind) {
      case "pass":
        return this.#time.pass(command.ms);
      case "admit":
        return this.#admit(command);
      case "constrain": {
        const meter = this.meterNamed(command.meter, 9n);
        await this.#all((admission) => admission.constrain(meter, command.limit, command.forMs));
        return;
      }
      case "finish": {
        const id = chosen([...this.#requests], command.request);
        if (id === undefined) return;
        await this.#all((admission) => admission.finish(id, command.isSent ? "sent" : "never sent"));
        this.#requests.delete(id);
        this.#witness.finished?.(id, command.isSent);
        return;
      }
      case "renew":
        return this.#renew(command.isKept);
      case "admit again":
      case "release":
      case "settle":
        return this.#happenTo(command);
    }
  }

  async #happenTo(command: Extract<Command, { readonly attempt: number }>): Promise<void> {
    const attempt = chosen([...this.#attempts.values()], command.attempt);
    if (attempt === undefined) return;
    const { asked } = attempt;
    if (command.kind === "admit again") {
      if (attempt.isReleased) return;
      const answer = await this.#all((admission) => admission.admit(asked));
      expect(answer).toMatchObject({ kind: "admitted", candidate: attempt.candidate });
    } else if (command.kind === "release") {
      // Whoever has settled something has sent it.
      const isSent = command.isSent || attempt.isSettled;
      await this.#all((admission) => admission.release(asked.attemptId, isSent ? "sent" : "never sent"));
      if (!attempt.isReleased) this.#witness.released?.(attempt, isSent);
      attempt.isReleased = true;
      if (!isSent) this.#attempts.delete(asked.attemptId);
    } else {
      await this.#settle(attempt, command);
    }
  }

  async #admit(command: Command & { kind: "admit" }): Promise<void> {
    const known = [...this.#requests];
    const requestId = known[command.request] ?? `request ${String((this.#ids += 1))}`;
    const asked: AdmissionRequest = {
      attemptId: `attempt ${String((this.#ids += 1))}`,
      requestId,
      requestCharges: this.#charges(command.requestCharges),
      candidates: command.candidates.map((charges, index) => ({
        id: String(index),
        charges: this.#charges(charges),
      })),
    };
    let answer = await this.#all((admission) => admission.admit(asked));
    if (answer.kind === "unseeded") {
      const seeds = answer.meters.map((meter, index) => ({ meter, spent: BigInt(index) }));
      await this.#all((admission) => admission.seed(seeds));
      for (const { meter, spent } of seeds) this.#witness.seeded?.(meter, spent);
      answer = await this.#all((admission) => admission.admit(asked));
    }
    if (answer.kind === "refused") return this.#witness.refused?.(answer);
    if (answer.kind !== "admitted") throw new Error(`The answer is ${answer.kind}.`);
    const hasTaken = this.#requests.has(requestId);
    this.#requests.add(requestId);
    const admitted = {
      asked,
      candidate: answer.candidate,
      atMs: this.#time.nowMs,
      charges: asked.candidates[answer.candidate]?.charges ?? [],
      requestCharges: hasTaken ? [] : asked.requestCharges,
      isReleased: false,
      isSettled: false,
    };
    this.#attempts.set(asked.attemptId, admitted);
    this.#witness.admitted?.(admitted);
  }

  async #settle(
    attempt: Admitted & { isSettled: boolean },
    { usedPercent, isMarked, offset }: Command & { kind: "settle" },
  ): Promise<void> {
    const { asked, atMs, charges } = attempt;
    if (attempt.isSettled) return this.#resend(offset);
    const corrections: Correction[] = [];
    for (const [index, charge] of charges.entries()) {
      const percent = usedPercent[index] ?? null;
      if (percent === null) break;
      corrections.push({ charge, used: (charge.amount * BigInt(percent)) / 100n });
    }
    const settlement = { attemptId: asked.attemptId, admittedAtMs: atMs, corrections };
    if (isMarked) {
      if (offset > 0) await this.#sendAfterGap(settlement, offset);
      const sequence = BigInt(this.#journal.length + 1);
      this.#journal.push({ ...settlement, mark: { journalId, sequence } });
      await this.#resend(Math.min(offset, 0) - 1);
    } else {
      // As a call whose answer was lost.
      await this.#all((admission) => admission.settle([settlement, settlement]));
    }
    attempt.isSettled = true;
    this.#witness.settled?.(attempt, corrections);
  }

  /** The last settlements of the journal once more. */
  async #resend(offset: number): Promise<void> {
    if (offset >= 0 || this.#journal.length === 0) return;
    const applied = await this.#all((admission) => admission.settle(this.#journal.slice(offset)));
    expect(applied).toEqual(new Map([[journalId, BigInt(this.#journal.length)]]));
  }

  async #sendAfterGap(settlement: Settlement, gap: number): Promise<void> {
    const mark = { journalId, sequence: BigInt(this.#journal.length + 1 + gap) };
    const applied = await this.#all((admission) => admission.settle([{ ...settlement, mark }]));
    expect(applied).toEqual(new Map([[journalId, BigInt(this.#journal.length)]]));
  }

  async #renew(isKept: readonly boolean[]): Promise<void> {
    const kept = (ids: Iterable<string>) => [...ids].filter((_, index) => isKept[index % isKept.length]);
    const attemptIds = kept(this.#attempts.keys());
    const requestIds = kept(this.#requests);
    await this.#all((admission) => admission.renew({ attemptIds, requestIds }));
    this.#witness.renewed?.(attemptIds, requestIds);
  }

  #charges(named: readonly NamedCharge[]): Charge[] {
    return named.map(({ meter, limit, amount }) => ({ meter: this.meterNamed(meter, limit), amount }));
  }

  /** @returns what the first answers; the others must answer the same */
  async #all<Answer>(ask: (admission: Admission) => Promise<Answer> | Answer): Promise<Answer> {
    const [first, ...others] = await Promise.all(this.#admissions.map(ask));
    for (const other of others) expect(other).toEqual(first);
    return first as Answer;
  }
}

function chosen<Value>(values: readonly Value[], index: number): Value | undefined {
  return values[index % values.length];
}
