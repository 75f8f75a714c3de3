import { type PayerMeter, spendPeriodAt } from "@darkroom/accounts";
import type { Admission, Correction, Intent, Meter, Outcome } from "@darkroom/router";
import type { AttemptsFollower } from "../books/attempts-journal.js";
import type { Books } from "../books/books.js";
import type { Peers, PendingAttempt, SpendQuestion } from "./spend-question.js";

/** An attempt that the ledger may not have yet, as far as somebody pays for it. */
interface KnownAttempt {
  readonly attemptId: string;
  readonly atMs: number;
  /** Whom it is charged to. */
  readonly payers: ReadonlySet<string>;
  /** The meters that count it by themselves. */
  readonly countedBy: ReadonlySet<string>;
  readonly estimateNanoUsd: bigint;
  /** Meters that were told its estimate because they came up while it was under way. */
  readonly late: Meter[];
}

/** One that has ended, which the journal has as that entry. */
interface EndedAttempt extends KnownAttempt {
  readonly sequence: number;
  readonly nanoUsd: bigint;
}

/** For ever, and every other time that text can say. */
const afterAll = "~";

/** Of so many that have ended and are not in the ledger what they cost is remembered. */
const mostEnded = 200_000;

export interface BudgetMetersOptions {
  readonly books: Pick<Books, "ledger">;
  readonly admission: Pick<Admission, "settle">;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Who shares the meters; absent: nobody does. */
  readonly peers?: Peers;
}

/**
 * Tells meters of money what was spent before they counted: the sums of the ledger, and the attempts that it has not yet, of
 * this gateway and of all others. A budget may be set while its payer's attempts are under way: those count at their
 * estimates, until they have ended.
 *
 * The ledger goes on while others are asked. So each attempt that anybody names counts as named, and is left out of the
 * ledger's sum where it has got there meanwhile: whichever comes first, it counts once.
 */
export class BudgetMeters implements AttemptsFollower {
  readonly #books: Pick<Books, "ledger">;
  readonly #admission: Pick<Admission, "settle">;
  readonly #nowMs: () => number;
  readonly #peers: Peers | undefined;
  readonly #open = new Map<string, KnownAttempt>();
  /** In the order of the journal. */
  readonly #ended = new Map<string, EndedAttempt>();
  /** Up to here, some that have ended are not remembered. */
  #forgottenThrough = 0;
  /** Meters that have been told, each with whom it counts. */
  readonly #told = new Map<string, { readonly meter: Meter; readonly payer: string }>();

  constructor({ books, admission, nowMs, peers }: BudgetMetersOptions) {
    this.#books = books;
    this.#admission = admission;
    this.#nowMs = nowMs;
    this.#peers = peers;
    peers?.onAsked((question) => this.#pending(question));
  }

  /** An attempt is about to be sent. */
  intended({ attemptId, atMs, estimate, moneyMeters }: Intent, payers: readonly string[]): void {
    this.#open.set(attemptId, {
      attemptId,
      atMs,
      payers: new Set(payers),
      countedBy: new Set(moneyMeters),
      estimateNanoUsd: estimate?.nanoUsd ?? 0n,
      late: [],
    });
  }

  /** It is not sent after all. */
  notIntended({ attemptId }: Intent): void {
    this.#open.delete(attemptId);
  }

  /** It has ended, which the journal has as that entry. */
  concluded({ intent: { attemptId }, nanoUsd }: Outcome, sequence: number): void {
    const attempt = this.#open.get(attemptId);
    if (attempt === undefined) return;
    this.#open.delete(attemptId);
    const { estimateNanoUsd, atMs, late } = attempt;
    const charged = nanoUsd ?? estimateNanoUsd;
    this.#remember({ ...attempt, sequence, nanoUsd: charged });
    this.#correct(`late-${attemptId}`, late, charged - estimateNanoUsd, atMs);
  }

  /**
   * What was spent of a payer's meter in its window.
   * @throws LedgerError where nothing can be read at present; Error where another gateway does not answer
   */
  async spentOf({ meter, payer, model }: PayerMeter): Promise<bigint> {
    const question: SpendQuestion = {
      meter: meter as Meter,
      charged: model === undefined ? payer.meter : `${payer.meter}/model:${model}`,
      periods: this.#periodsOf(meter),
    };
    const { charged, periods } = question;
    await this.#books.ledger.catchUp();
    const others = (await this.#peers?.ask(question)) ?? [];
    const pending = new Map<string, bigint>();
    const add = (attempts: readonly PendingAttempt[]): void => {
      for (const { attemptId, nanoUsd } of attempts)
        if (!pending.has(attemptId)) pending.set(attemptId, nanoUsd);
    };
    add(others);
    add(this.#pending(question));
    const inLedger = await this.#books.ledger.reports.spentIn(charged, periods, [...pending.keys()]);
    // What has begun since cannot be in that sum. From here on nothing happens until the meter is told.
    add(this.#openOnes(question, pending));
    this.#told.set(meter.key, { meter: meter as Meter, payer: charged });
    return [...pending.values()].reduce((sum, nanoUsd) => sum + nanoUsd, inLedger);
  }

  /** A person has said what an attempt really cost: whoever has counted it counts the difference. */
  corrected(
    { attemptId, revision, atMs }: { attemptId: string; revision: number; atMs: number },
    payers: readonly string[],
    differenceNanoUsd: bigint,
  ): void {
    const meters = [...this.#told.values()].filter(
      ({ meter, payer }) => payers.includes(payer) && contains(meter, atMs, this.#nowMs()),
    );
    this.#correct(
      `correction-${attemptId}-${revision}`,
      meters.map(({ meter }) => meter),
      differenceNanoUsd,
      atMs,
    );
  }

  /** @throws Error where some are not remembered */
  #pending(question: SpendQuestion): PendingAttempt[] {
    const { charged, periods } = question;
    this.#forgetApplied();
    if (this.#forgottenThrough > this.#books.ledger.appliedThrough)
      throw new Error("more has ended than is remembered, and is not in the ledger yet");
    const ended = [...this.#ended.values()].filter(
      ({ payers, atMs }) => payers.has(charged) && isWithin(periods, atMs),
    );
    return [...this.#openOnes(question), ...ended];
  }

  /** From now on the meter is told when they end. */
  #openOnes(
    { meter, charged, periods }: SpendQuestion,
    known: ReadonlyMap<string, unknown> = new Map(),
  ): PendingAttempt[] {
    const found: PendingAttempt[] = [];
    for (const { attemptId, payers, atMs, countedBy, late, estimateNanoUsd } of this.#open.values()) {
      if (known.has(attemptId) || !payers.has(charged) || !isWithin(periods, atMs)) continue;
      const countsItself = countedBy.has(meter.key);
      if (!countsItself) late.push(meter);
      found.push({ attemptId, nanoUsd: countsItself ? 0n : estimateNanoUsd });
    }
    return found;
  }

  #remember(attempt: EndedAttempt): void {
    if (attempt.payers.size === 0) return;
    this.#ended.set(attempt.attemptId, attempt);
    this.#forgetApplied();
    if (this.#ended.size <= mostEnded) return;
    for (const { attemptId, sequence } of this.#ended.values()) {
      this.#ended.delete(attemptId);
      this.#forgottenThrough = sequence;
      return;
    }
  }

  #forgetApplied(): void {
    const { appliedThrough } = this.#books.ledger;
    for (const { attemptId, sequence } of this.#ended.values()) {
      if (sequence > appliedThrough) return;
      this.#ended.delete(attemptId);
    }
  }

  /** @param id the same for the same correction, whoever makes it: it is made once */
  #correct(id: string, meters: readonly Meter[], nanoUsd: bigint, admittedAtMs: number): void {
    if (meters.length === 0 || nanoUsd === 0n) return;
    const corrections: Correction[] = meters.map((meter) => ({
      charge: { meter, amount: 0n },
      used: nanoUsd,
    }));
    void this.#admission.settle([{ attemptId: id, admittedAtMs, corrections }]);
  }

  #periodsOf({ window }: PayerMeter["meter"]): { readonly from: string; readonly until: string } {
    if (window.kind === "period") {
      // A period that begins or ends within a quarter of an hour gets all of it: too much is counted, and never too little.
      const until = window.endMs > this.#nowMs() ? afterAll : spendPeriodAt(window.endMs);
      return { from: spendPeriodAt(window.startMs), until };
    }
    const ms = window.kind === "rolling" ? window.ms : 0;
    return { from: spendPeriodAt(this.#nowMs() - ms), until: afterAll };
  }
}

function isWithin({ from, until }: SpendQuestion["periods"], atMs: number): boolean {
  const period = spendPeriodAt(atMs);
  return from <= period && period < until;
}

function contains({ window }: Meter, atMs: number, nowMs: number): boolean {
  if (window.kind === "period") return window.startMs <= atMs && atMs < window.endMs;
  return window.kind === "rolling" && atMs > nowMs - window.ms;
}
