import { Counter, Gauge, type Registry } from "prom-client";
import { ListedTeams, type ListedTeamsSources } from "./listed-teams.js";
import { type TeamBudgetSources, TeamBudgets, type UsedBudget } from "./team-budgets.js";
import { TeamSpend } from "./team-spend.js";
import type { Books } from "../../books/books.js";

/** Whose figures are told. */
export interface TeamMetricsSources extends ListedTeamsSources, TeamBudgetSources {
  readonly books: Pick<Books, "attempts" | "ledger">;
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
      const listed = await teams.now();
      this.reset();
      for (const { teamId, alias = teamId } of listed) this.set({ team: teamId, team_alias: alias }, 1);
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
