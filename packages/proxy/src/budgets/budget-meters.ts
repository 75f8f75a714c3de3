import type { AttemptsFollower } from "../books/attempts-journal.js";
import type { Books } from "../books/books.js";
import { type PayerMeter, spendPeriodAt } from "@darkroom/accounts";
import type { Admission, Correction, Intent, Meter, Outcome } from "@darkroom/router";

/** An attempt under way, as far as somebody pays for it. */
interface OpenAttempt {
  readonly atMs: number;
  /** Whom it is charged to. */
  readonly payers: ReadonlySet<string>;
  readonly estimateNanoUsd: bigint;
  /** Meters that were told its estimate because they came up while it was under way. */
  readonly late: Meter[];
}

/** An attempt that has ended while somebody looked up what was spent. */
interface EndedAttempt {
  readonly sequence: number;
  readonly payers: ReadonlySet<string>;
  readonly nanoUsd: bigint;
}

/** For ever, and every other time that text can say. */
const afterAll = "~";

/**
 * Tells meters of money what was spent before they counted: the sums of the ledger, and the attempts that it has not yet.
 * A budget may be set while its payer's attempts are under way: those count at their estimates, until they have ended.
 */
export class BudgetMeters implements AttemptsFollower {
  readonly #open = new Map<string, OpenAttempt>();
  readonly #ended = new Set<EndedAttempt>();
  #lookUps = 0;
  #corrections = 0;
  /** Meters that have been told, each with whom it counts. */
  readonly #told = new Map<string, { readonly meter: Meter; readonly payer: string }>();

  constructor(
    private readonly books: Pick<Books, "ledger">,
    private readonly admission: Pick<Admission, "settle">,
    private readonly nowMs: () => number,
  ) {}

  /** An attempt is about to be sent. */
  intended({ attemptId, atMs, estimate }: Intent, payers: readonly string[]): void {
    const estimateNanoUsd = estimate?.nanoUsd ?? 0n;
    this.#open.set(attemptId, { atMs, payers: new Set(payers), estimateNanoUsd, late: [] });
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
    const { payers, estimateNanoUsd, atMs, late } = attempt;
    const charged = nanoUsd ?? estimateNanoUsd;
    if (this.#lookUps > 0) this.#ended.add({ sequence, payers, nanoUsd: charged });
    this.#correct(late, charged - estimateNanoUsd, atMs);
  }

  /**
   * What was spent of a payer's meter in its window.
   * @throws LedgerError where nothing can be read at present
   */
  async spentOf({ meter, payer, model }: PayerMeter): Promise<bigint> {
    const charged = model === undefined ? payer.meter : `${payer.meter}/model:${model}`;
    this.#lookUps += 1;
    try {
      await this.books.ledger.catchUp();
      const spent = await this.books.ledger.reports.spentIn(charged, periodsOf(meter.window, this.nowMs()));
      // From here on nothing happens until the sum is told.
      const ended = [...this.#ended].filter(
        ({ payers, sequence }) => payers.has(charged) && sequence > spent.sequence,
      );
      const open = [...this.#open.values()].filter(({ payers }) => payers.has(charged));
      for (const attempt of open) attempt.late.push(meter as Meter);
      this.#told.set(meter.key, { meter: meter as Meter, payer: charged });
      const underWay = open.reduce((sum, { estimateNanoUsd }) => sum + estimateNanoUsd, 0n);
      return ended.reduce((sum, { nanoUsd }) => sum + nanoUsd, spent.nanoUsd + underWay);
    } finally {
      this.#lookUps -= 1;
      if (this.#lookUps === 0) this.#ended.clear();
    }
  }

  /** A person has said what an attempt really cost: whoever has counted it counts the difference. */
  corrected(payers: readonly string[], atMs: number, differenceNanoUsd: bigint): void {
    const meters = [...this.#told.values()].filter(
      ({ meter, payer }) => payers.includes(payer) && contains(meter, atMs, this.nowMs()),
    );
    this.#correct(
      meters.map(({ meter }) => meter),
      differenceNanoUsd,
      atMs,
    );
  }

  #correct(meters: readonly Meter[], nanoUsd: bigint, admittedAtMs: number): void {
    if (meters.length === 0 || nanoUsd === 0n) return;
    const corrections: Correction[] = meters.map((meter) => ({
      charge: { meter, amount: 0n },
      used: nanoUsd,
    }));
    this.#corrections += 1;
    const attemptId = `correction-${this.#corrections}`;
    void this.admission.settle([{ attemptId, admittedAtMs, corrections }]);
  }
}

/** The quarters of an hour that a budget's window is made of. */
export function periodsOf(
  window: PayerMeter["meter"]["window"],
  nowMs: number,
): { readonly from: string; readonly until: string } {
  if (window.kind === "period") {
    // A period that begins or ends within a quarter of an hour gets all of it: too much is counted, and never too little.
    const until = window.endMs > nowMs ? afterAll : spendPeriodAt(window.endMs);
    return { from: spendPeriodAt(window.startMs), until };
  }
  const ms = window.kind === "rolling" ? window.ms : 0;
  return { from: spendPeriodAt(nowMs - ms), until: afterAll };
}

function contains({ window }: Meter, atMs: number, nowMs: number): boolean {
  if (window.kind === "period") return window.startMs <= atMs && atMs < window.endMs;
  return window.kind === "rolling" && atMs > nowMs - window.ms;
}
