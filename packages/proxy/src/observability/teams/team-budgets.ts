import { type BudgetCalendar, type PayerMeter, budgetMeters, meterOf } from "@darkroom/accounts";
import type { Admission } from "@darkroom/router";
import type { Books } from "../../books/books.js";
import type { ListedTeams } from "./listed-teams.js";

/** What the ledger was asked a moment ago need not be asked again: it is of meters that nobody takes from. */
const rememberedMs = 60_000;

export interface TeamBudgetSources {
  readonly calendar: BudgetCalendar;
  readonly books: Pick<Books, "ledger">;
  readonly admission: Pick<Admission, "usage">;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

export interface UsedBudget {
  readonly team: string;
  /** `30d`; `for ever`. */
  readonly period: string;
  readonly limit: bigint;
  readonly used: bigint;
}

/** How much of the budgets of teams is used. */
export class TeamBudgets {
  #asked: Promise<readonly UsedBudget[]> | undefined;
  /** Of meters that tell nothing: what the ledger has of them. */
  #ofLedger = new Map<string, { readonly atMs: number; readonly nanoUsd: bigint }>();

  constructor(
    private readonly teams: ListedTeams,
    private readonly sources: TeamBudgetSources,
  ) {}

  /** Both figures of a scrape are of one moment. */
  now(): Promise<readonly UsedBudget[]> {
    this.#asked ??= this.#read()
      // A ledger that cannot be read at present takes no other figure with it.
      .catch(() => [])
      .finally(() => {
        this.#asked = undefined;
      });
    return this.#asked;
  }

  async #read(): Promise<readonly UsedBudget[]> {
    const { calendar, admission, nowMs = Date.now } = this.sources;
    const budgets = (await this.teams.now()).flatMap((team) => {
      const { teamId: id, limits } = team;
      const payer = { scope: "team", id, meter: meterOf.team(id), limits } as const;
      // Budgets of a model group are told apart by it, and would be as many as there are groups.
      return budgetMeters([payer], "", calendar, nowMs());
    });
    if (budgets.length === 0) return [];
    const uses = await admission.usage(budgets.map(({ meter }) => meter));
    const seen = new Map<string, { readonly atMs: number; readonly nanoUsd: bigint }>();
    const told = await Promise.all(
      budgets.map(async (budget, index) => {
        const { used = 0n, reserved = 0n } = uses[index] ?? {};
        return {
          team: budget.payer.id,
          period: budget.duration ?? "for ever",
          limit: budget.meter.limit,
          used: used + reserved > 0n ? used + reserved : await this.#spentOf(budget, nowMs(), seen),
        };
      }),
    );
    this.#ofLedger = seen;
    return told;
  }

  /** A meter that no edit has been charged to yet, since the gateway or its Redis began, does not know what was spent before. */
  async #spentOf(
    { payer, meter: { window, key } }: PayerMeter,
    nowMs: number,
    seen: Map<string, { readonly atMs: number; readonly nanoUsd: bigint }>,
  ): Promise<bigint> {
    const fromMs =
      window.kind === "period" ? window.startMs : nowMs - (window.kind === "rolling" ? window.ms : 0);
    const known = this.#ofLedger.get(key);
    const isNew = known !== undefined && known.atMs >= fromMs && nowMs - known.atMs < rememberedMs;
    const spent = isNew ? known : { atMs: nowMs, nanoUsd: await this.#inLedger(payer.meter, fromMs) };
    seen.set(key, spent);
    return spent.nanoUsd;
  }

  async #inLedger(meter: string, fromMs: number): Promise<bigint> {
    return (await this.sources.books.ledger.reports.spentIn(meter, { fromMs })).nanoUsd;
  }
}
