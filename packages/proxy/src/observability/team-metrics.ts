import {
  type BudgetCalendar,
  type Directory,
  type PayerMeter,
  type TeamRecord,
  budgetMeters,
  inherited,
  meterOf,
  spendPeriodAt,
} from "@darkroom/accounts";
import type { Admission, Outcome } from "@darkroom/router";
import { Counter, Gauge, type Registry } from "prom-client";
import type { AttemptsFollower } from "../books/attempts-journal.js";
import type { Books } from "../books/books.js";

/** Teams are read anew when one has changed, and after this in any case: word of a change may be lost. */
const rememberedMs = 60_000;

/** Whose figures are told. */
export interface TeamMetricsSources {
  readonly directory: Pick<Directory, "read" | "feed">;
  readonly calendar: BudgetCalendar;
  readonly books: Pick<Books, "attempts" | "ledger">;
  readonly admission: Pick<Admission, "usage">;
  /** How many teams have figures: the newest. Whoever makes teams must not fill the memory of those who collect. */
  readonly most: number;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/** The figures of teams: what this gateway has spent for each, and how much of its budgets is used, by all gateways. */
export function teamMetrics(registry: Registry, sources: TeamMetricsSources): void {
  const registers = [registry];
  const teams = new ListedTeams(sources);
  const spend = new TeamSpend();
  sources.books.attempts.follow(spend);
  const budgets = new TeamBudgets(teams, sources);
  new Gauge({
    name: "darkroom_team_info",
    help: "1 for each team, with the name that people have given it, else its id.",
    labelNames: ["team", "team_alias"],
    registers,
    async collect() {
      this.reset();
      for (const { teamId, alias = teamId } of await teams.now())
        this.set({ team: teamId, team_alias: alias }, 1);
    },
  });
  new Counter({
    name: "darkroom_team_spend_usd_total",
    help: "What calls of this gateway were charged to a team, in US dollars: what is uncertain at the most that it may be.",
    labelNames: ["team"],
    registers,
    async collect() {
      const listed = await teams.now();
      this.reset();
      for (const { teamId } of listed) this.inc({ team: teamId }, inUsd(spend.of(teamId)));
    },
  });
  budgetGauge(
    registry,
    budgets,
    "darkroom_team_budget_usd",
    "A team's budget, in US dollars.",
    ({ limit }) => limit,
  );
  budgetGauge(
    registry,
    budgets,
    "darkroom_team_budget_used_usd",
    "What is spent and reserved of a team's budget in its running period, in US dollars; of all gateways that share it.",
    ({ used }) => used,
  );
}

function budgetGauge(
  registry: Registry,
  budgets: TeamBudgets,
  name: string,
  help: string,
  amountOf: (budget: UsedBudget) => bigint,
): void {
  new Gauge({
    name,
    help: `${help} By the length of its period.`,
    labelNames: ["team", "period"],
    registers: [registry],
    async collect() {
      const all = await budgets.now();
      this.reset();
      for (const budget of all) {
        const { team, period } = budget;
        this.set({ team, period }, inUsd(amountOf(budget)));
      }
    },
  });
}

const inUsd = (nanoUsd: bigint): number => Number(nanoUsd) / 1e9;

/** The teams that have figures, as far as nobody has changed them. */
class ListedTeams {
  #listed: Promise<readonly TeamRecord[]> | undefined;
  #listedAtMs = -Infinity;

  constructor(private readonly sources: TeamMetricsSources) {
    sources.directory.feed.subscribe(({ records }) => {
      if (records.some(({ kind }) => kind === "team" || kind === "budget")) this.#listed = undefined;
    });
  }

  now(): Promise<readonly TeamRecord[]> {
    const nowMs = performance.now();
    if (this.#listed === undefined || nowMs - this.#listedAtMs > rememberedMs) {
      this.#listedAtMs = nowMs;
      this.#listed = this.#read().catch(() => {
        // The other figures are told without a directory too.
        this.#listed = undefined;
        return [];
      });
    }
    return this.#listed;
  }

  /** Each with what holds for it, its reusable budget included. */
  async #read(): Promise<readonly TeamRecord[]> {
    const { directory, most } = this.sources;
    const { records } = await directory.read.teams.list({ page: 1, size: most });
    const ids = [...new Set(records.flatMap(({ budgetId }) => budgetId ?? []))];
    const budgets = new Map(
      (await directory.read.budgets.find({ budgetId: ids })).map(({ budgetId, limits }) => [
        budgetId,
        limits,
      ]),
    );
    return records.map((team) => ({
      ...team,
      limits: inherited(team.limits, team.budgetId === undefined ? undefined : budgets.get(team.budgetId)),
    }));
  }
}

/** What was charged to each team since this process began: exact sums, which the counter rounds to a float. */
class TeamSpend implements AttemptsFollower {
  readonly #nanoUsd = new Map<string, bigint>();

  concluded({ nanoUsd }: Outcome, _sequence: number, meters: readonly string[]): void {
    if (nanoUsd === null || nanoUsd === 0n) return;
    for (const meter of meters)
      if (meter.startsWith(teamPrefix)) this.#nanoUsd.set(meter, (this.#nanoUsd.get(meter) ?? 0n) + nanoUsd);
  }

  of(teamId: string): bigint {
    return this.#nanoUsd.get(meterOf.team(teamId)) ?? 0n;
  }
}

const teamPrefix = meterOf.team("");

interface UsedBudget {
  readonly team: string;
  /** `30d`; `for ever`. */
  readonly period: string;
  readonly limit: bigint;
  readonly used: bigint;
}

/** How much of the budgets of teams is used. */
class TeamBudgets {
  #asked: Promise<readonly UsedBudget[]> | undefined;
  /** Of meters that tell nothing: what the ledger has of them. */
  #ofLedger = new Map<string, { readonly atMs: number; readonly nanoUsd: bigint }>();

  constructor(
    private readonly teams: ListedTeams,
    private readonly sources: TeamMetricsSources,
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
    const periods = { from: spendPeriodAt(fromMs), until: "~" };
    return (await this.sources.books.ledger.reports.spentIn(meter, periods)).nanoUsd;
  }
}
