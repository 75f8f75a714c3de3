import { randomUUID } from "node:crypto";
import { type CorrectedCharge, type PayerMeter, type TimeSpan, quarterHourMs } from "@darkroom/accounts";
import type { Admission, Intent, Meter, Outcome, Settlement } from "@darkroom/router";
import type { Peers, PendingAttempt, SpendQuestion } from "./spend-question.js";
import { spanOf } from "./window-span.js";
import type { AttemptsFollower } from "../books/attempts-journal.js";
import type { Books } from "../books/books.js";
import { ToldMeters } from "./told-meters.js";

/** An attempt under way, as far as somebody pays for it. */
interface OpenAttempt {
  readonly atMs: number;
  /** Whom it is charged to. */
  readonly payers: ReadonlySet<string>;
  readonly estimateNanoUsd: bigint;
  /** Meters that it was admitted with, which are settled by whoever admitted it. */
  readonly admittedWith: ReadonlySet<string>;
  /** Further meters that were told its estimate, since they came up while it was under way; each with when. */
  readonly late: Map<string, { readonly meter: Meter; readonly atMs: number }>;
}

/** An attempt that has ended, which the journal has as that entry. */
interface EndedAttempt extends OpenAttempt {
  readonly sequence: number;
  readonly nanoUsd: bigint;
}

/** Of so many that have ended and are not in the ledger it is remembered what they cost, for other gateways that ask. */
const mostEnded = 200_000;

/** Somebody looks up what was spent of a meter. */
interface LookUp {
  readonly payer: string;
  readonly meter: Meter;
  /** What has ended, or was corrected, since it began. */
  readonly ended: { readonly sequence: number; readonly nanoUsd: bigint }[];
}

/**
 * Tells meters of money what was spent before they counted: the sums of the ledger, and the attempts that it has not yet.
 * A budget may be set while its payer's attempts are under way, or wait to be sent: those count at their estimates until
 * they have ended, unless they were admitted with that very meter.
 */
export class BudgetMeters implements AttemptsFollower {
  readonly #open = new Map<string, OpenAttempt>();
  readonly #lookUps = new Set<LookUp>();
  /** By meter: several edits that ask for the same one wait for one answer. */
  readonly #sums = new Map<string, Promise<bigint>>();
  readonly #told = new ToldMeters();
  /** In the order of the journal. */
  readonly #ended = new Map<string, EndedAttempt>();
  /** Up to here, some that have ended are not remembered: at first, whatever ended before this process began. */
  #forgottenThrough: number;

  constructor(
    private readonly books: {
      readonly ledger: Pick<Books["ledger"], "appliedThrough" | "catchUp" | "journalId" | "reports">;
      readonly entries: number;
    },
    private readonly admission: Pick<Admission, "settle">,
    private readonly nowMs: () => number,
    /** Who shares the meters; absent: nobody does. */
    private readonly peers?: Peers,
  ) {
    this.#forgottenThrough = books.entries;
    peers?.onAsked((question) => this.#answer(question));
  }

  /** An attempt is about to be sent. */
  intended({ attemptId, atMs, estimate, paidFrom }: Intent, payers: readonly string[]): void {
    const attempt: OpenAttempt = {
      atMs,
      payers: new Set(payers),
      estimateNanoUsd: estimate?.nanoUsd ?? 0n,
      admittedWith: new Set(paidFrom.map(meterId)),
      late: new Map(),
    };
    this.#open.set(attemptId, attempt);
    for (const payer of attempt.payers)
      for (const { meter } of this.#told.of(payer))
        if (this.#isLate(attempt, meter)) this.#countLate(attempt, meter);
  }

  /** It is not sent after all. */
  notIntended({ attemptId }: Intent): void {
    const attempt = this.#open.get(attemptId);
    this.#open.delete(attemptId);
    if (attempt !== undefined) this.#settleLate(attempt, 0n);
  }

  /** It has ended, which the journal has as that entry. */
  concluded({ intent: { attemptId }, nanoUsd }: Outcome, sequence: number): void {
    const attempt = this.#open.get(attemptId);
    if (attempt === undefined) return;
    this.#open.delete(attemptId);
    const charged = nanoUsd ?? attempt.estimateNanoUsd;
    for (const { payer, meter, ended } of this.#lookUps)
      if (attempt.payers.has(payer) && this.#isLate(attempt, meter))
        ended.push({ sequence, nanoUsd: charged });
    this.#settleLate(attempt, charged);
    if (this.peers !== undefined) this.#remember(attemptId, { ...attempt, sequence, nanoUsd: charged });
  }

  /**
   * What was spent of a payer's meter in its window, for the admission to be told at once. Of a rolling window only what was
   * spent just now: what was spent earlier has been charged to it then, so that it leaves the window in its time.
   * @throws LedgerError where nothing can be read at present
   */
  spentOf({ meter, payer, model }: PayerMeter): Promise<bigint> {
    const id = meterId(meter);
    const known = this.#sums.get(id);
    if (known !== undefined) return known;
    const charged = model === undefined ? payer.meter : `${payer.meter}/model:${model}`;
    const sum = this.#lookUp({ payer: charged, meter, ended: [] }).finally(() => {
      this.#sums.delete(id);
    });
    this.#sums.set(id, sum);
    return sum;
  }

  /** A person has said what an attempt really cost: whoever has counted it counts the difference. */
  corrected({ meters, atMs, differenceNanoUsd, sequence }: CorrectedCharge): void {
    const nowMs = this.nowMs();
    for (const { payer, meter, ended } of this.#lookUps)
      if (meters.includes(payer) && contains(meter, atMs, nowMs))
        ended.push({ sequence, nanoUsd: differenceNanoUsd });
    for (const payer of meters)
      for (const { meter, through } of this.#told.of(payer))
        if (sequence > through && contains(meter, atMs, nowMs)) this.#charge(meter, differenceNanoUsd, atMs);
  }

  async #lookUp(lookUp: LookUp): Promise<bigint> {
    const { payer, meter, ended } = lookUp;
    this.#lookUps.add(lookUp);
    try {
      const { ledger } = this.books;
      await ledger.catchUp();
      const atMs = this.nowMs();
      const span = spanOf(meter.window, atMs);
      const quarters = meter.window.kind === "rolling" ? await this.#wholeQuarters(payer, span, atMs) : [];
      // The ledger goes on while others are asked. So what they name counts as named, and is left out of the ledger's sum where it
      // has got there meanwhile: whichever comes first, it counts once.
      const ofOthers = new Map(
        ((await this.peers?.ask({ meter, charged: payer })) ?? []).map((one) => [one.attemptId, one.nanoUsd]),
      );
      const spent = await ledger.reports.spentIn(payer, span, {
        journalId: ledger.journalId,
        apartFrom: [...ofOthers.keys()],
      });
      // From here on nothing happens until the sum is told.
      const earlier = quarters.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
      if (quarters.length > 0)
        await this.admission.settle(quarters.map((quarter) => earlierCharge(meter, quarter)));
      const later = ended
        .filter(({ sequence }) => sequence > spent.sequence)
        .reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
      let underWay = 0n;
      for (const attempt of this.#open.values()) {
        if (!attempt.payers.has(payer) || !this.#isLate(attempt, meter)) continue;
        attempt.late.set(meterId(meter), { meter, atMs: this.nowMs() });
        underWay += attempt.estimateNanoUsd;
      }
      this.#told.add(payer, { meter, through: spent.sequence }, this.nowMs());
      const others = [...ofOthers.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0n);
      return spent.nanoUsd - earlier + later + underWay + others;
    } finally {
      this.#lookUps.delete(lookUp);
    }
  }

  /**
   * What another gateway cannot know of a payer: attempts under way at their estimates, and those that have ended and may not be
   * in the ledger. From now on the meter is told here too of what it does not count by itself.
   * @throws Error where some are not remembered
   */
  #answer({ meter, charged: payer }: SpendQuestion): readonly PendingAttempt[] {
    this.#forgetApplied();
    const { appliedThrough } = this.books.ledger;
    if (this.#forgottenThrough > appliedThrough)
      throw new Error("more has ended than is remembered, and is not in the ledger yet");
    const nowMs = this.nowMs();
    const counts = ({ payers, atMs }: OpenAttempt): boolean =>
      payers.has(payer) && contains(meter, atMs, nowMs);
    const found: PendingAttempt[] = [];
    for (const [attemptId, attempt] of this.#open) {
      if (!counts(attempt)) continue;
      const isLate = this.#isLate(attempt, meter);
      if (isLate) attempt.late.set(meterId(meter), { meter, atMs: attempt.atMs });
      // One that was admitted with it counts by its reservation.
      found.push({ attemptId, nanoUsd: isLate ? attempt.estimateNanoUsd : 0n });
    }
    for (const [attemptId, attempt] of this.#ended)
      if (counts(attempt)) found.push({ attemptId, nanoUsd: attempt.nanoUsd });
    this.#told.add(payer, { meter, through: appliedThrough }, nowMs);
    return found;
  }

  #remember(attemptId: string, attempt: EndedAttempt): void {
    this.#ended.set(attemptId, attempt);
    this.#forgetApplied();
    if (this.#ended.size <= mostEnded) return;
    for (const [oldest, { sequence }] of this.#ended) {
      this.#ended.delete(oldest);
      this.#forgottenThrough = sequence;
      return;
    }
  }

  #forgetApplied(): void {
    const { appliedThrough } = this.books.ledger;
    for (const [attemptId, { sequence }] of this.#ended) {
      if (sequence > appliedThrough) return;
      this.#ended.delete(attemptId);
    }
  }

  /** What was spent in the quarters of an hour that are within a span as a whole, and over. */
  async #wholeQuarters(payer: string, { fromMs }: TimeSpan, nowMs: number): Promise<readonly Quarter[]> {
    const rows = await this.books.ledger.reports.spend({ meter: payer });
    return rows
      .map(({ period, certainNanoUsd, uncertainNanoUsd }) => ({
        startMs: Date.parse(`${period}Z`),
        nanoUsd: certainNanoUsd + uncertainNanoUsd,
      }))
      .filter(({ startMs }) => startMs >= fromMs && startMs + quarterHourMs <= nowMs);
  }

  #isLate({ atMs, admittedWith }: OpenAttempt, meter: Meter): boolean {
    return !admittedWith.has(meterId(meter)) && contains(meter, atMs, this.nowMs());
  }

  #countLate(attempt: OpenAttempt, meter: Meter): void {
    attempt.late.set(meterId(meter), { meter, atMs: attempt.atMs });
    this.#charge(meter, attempt.estimateNanoUsd, attempt.atMs);
  }

  /** Puts what an attempt is charged at in the place of its estimate, where it was counted late. */
  #settleLate({ late, estimateNanoUsd }: OpenAttempt, nanoUsd: bigint): void {
    for (const { meter, atMs } of late.values()) this.#charge(meter, nanoUsd - estimateNanoUsd, atMs);
  }

  #charge(meter: Meter, nanoUsd: bigint, admittedAtMs: number): void {
    if (nanoUsd === 0n) return;
    // Gateways that share their meters must not take each other's corrections for their own.
    const attemptId = `correction-${randomUUID()}`;
    const corrections = [{ charge: { meter, amount: 0n }, used: nanoUsd }];
    void this.admission.settle([{ attemptId, admittedAtMs, corrections }]);
  }
}

interface Quarter {
  readonly startMs: number;
  readonly nanoUsd: bigint;
}

/** It counts as of the quarter's end: too long by some minutes, and never too short. Once, whoever tells it. */
function earlierCharge(meter: Meter, { startMs, nanoUsd }: Quarter): Settlement {
  return {
    attemptId: `spent-${meterId(meter)}-${String(startMs)}`,
    admittedAtMs: startMs + quarterHourMs - 1,
    corrections: [{ charge: { meter, amount: 0n }, used: nanoUsd }],
  };
}

/** A meter of another period is another one. */
function meterId({ key, window }: PayerMeter["meter"]): string {
  if (window.kind === "lease") return key;
  return window.kind === "rolling" ? `${key} ~${String(window.ms)}` : `${key} @${String(window.startMs)}`;
}

function contains({ window }: Meter, atMs: number, nowMs: number): boolean {
  if (window.kind === "period") return window.startMs <= atMs && atMs < window.endMs;
  return window.kind === "rolling" && atMs > nowMs - window.ms;
}
