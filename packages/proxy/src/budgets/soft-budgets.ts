import { spanOf } from "./window-span.js";
import type { BudgetCalendar, BudgetWindowNow, Payer } from "@darkroom/accounts";
import type { EditRequest, Outcome } from "@darkroom/router";
import type { Books } from "../books/books.js";

/** A soft budget that has been crossed. */
export interface CrossedBudget {
  readonly payer: Payer;
  readonly softBudgetNanoUsd: bigint;
  readonly spentNanoUsd: bigint;
}

/** What is known of one payer's spend. */
interface Watched {
  /** Of which window the rest is. */
  window: string;
  /** As of the last look; undefined before the first one. */
  spentNanoUsd: bigint | undefined;
  isTold: boolean;
  /** Charged since the last look. */
  chargedNanoUsd: bigint;
  isLooking: boolean;
}

/** More payers are not remembered; those beyond may be told of twice. */
const mostWatched = 10_000;

/**
 * Tells when the spend of somebody goes beyond their soft budget: once in each of its periods, by the gateway whose edit it
 * was. It refuses nobody and holds up nobody: the ledger is asked once an attempt has ended.
 */
export class SoftBudgets {
  readonly #payers = new WeakMap<EditRequest, readonly Payer[]>();
  readonly #watched = new Map<string, Watched>();

  constructor(
    private readonly books: { readonly ledger: Pick<Books["ledger"], "catchUp" | "reports"> },
    private readonly calendar: BudgetCalendar,
    private readonly nowMs: () => number,
    private readonly tell: (crossed: CrossedBudget) => void,
  ) {}

  /** These pay for an edit. */
  watch(edit: EditRequest, payers: readonly Payer[]): void {
    const soft = payers.filter(({ limits }) => limits.softBudgetNanoUsd !== undefined);
    if (soft.length > 0) this.#payers.set(edit, soft);
  }

  /** One of an edit's attempts has ended. */
  concluded({ intent, nanoUsd }: Outcome): void {
    for (const payer of this.#payers.get(intent.request) ?? [])
      void this.#look(payer, nanoUsd ?? intent.estimate?.nanoUsd ?? 0n);
  }

  async #look(payer: Payer, chargedNanoUsd: bigint): Promise<void> {
    const watched = this.#of(payer);
    watched.chargedNanoUsd += chargedNanoUsd;
    if (watched.isLooking) return;
    watched.isLooking = true;
    try {
      while (watched.chargedNanoUsd > 0n) await this.#lookOnce(payer, watched);
    } catch {
      // The ledger says itself that it cannot be read; the next attempt looks again.
    } finally {
      watched.isLooking = false;
    }
  }

  async #lookOnce(payer: Payer, watched: Watched): Promise<void> {
    const { softBudgetNanoUsd = 0n, budgetDuration } = payer.limits;
    const atMs = this.nowMs();
    const window = this.calendar.windowAt(budgetDuration, atMs);
    if (watched.window !== nameOfWindow(window)) {
      Object.assign(watched, { window: nameOfWindow(window), spentNanoUsd: undefined, isTold: false });
    }
    const charged = watched.chargedNanoUsd;
    watched.chargedNanoUsd = 0n;
    const { ledger } = this.books;
    await ledger.catchUp();
    const { nanoUsd: spent } = await ledger.reports.spentIn(payer.meter, spanOf(window, atMs));
    // Whoever was beyond it before this process came to it has been told of.
    const before = watched.spentNanoUsd ?? spent - charged - watched.chargedNanoUsd;
    watched.spentNanoUsd = spent;
    if (spent <= softBudgetNanoUsd) watched.isTold = false;
    else if (!watched.isTold) {
      watched.isTold = true;
      if (before <= softBudgetNanoUsd) this.tell({ payer, softBudgetNanoUsd, spentNanoUsd: spent });
    }
  }

  #of({ meter }: Payer): Watched {
    const known = this.#watched.get(meter);
    if (known !== undefined) return known;
    if (this.#watched.size >= mostWatched) this.#watched.clear();
    const watched = {
      window: "",
      spentNanoUsd: undefined,
      isTold: false,
      chargedNanoUsd: 0n,
      isLooking: false,
    };
    this.#watched.set(meter, watched);
    return watched;
  }
}

function nameOfWindow(window: BudgetWindowNow): string {
  return window.kind === "period" ? `@${String(window.startMs)}` : `~${String(window.ms)}`;
}
