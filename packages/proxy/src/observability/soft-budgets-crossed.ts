import type { Scope } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import type { Logger } from "pino";
import { Counter, type Registry } from "prom-client";
import { nameOf } from "../budgets/budget-errors.js";
import type { CrossedBudget } from "../budgets/soft-budgets.js";

/** Soft budgets that were crossed: a line of log for each, and how many by whose they are. */
export class SoftBudgetsCrossed {
  readonly #counts = new Map<Scope, number>();

  constructor(private readonly log: Logger) {}

  note({ payer, softBudgetNanoUsd, spentNanoUsd }: CrossedBudget): void {
    const { scope, limits } = payer;
    this.#counts.set(scope, (this.#counts.get(scope) ?? 0) + 1);
    const period = limits.budgetDuration === undefined ? "" : ` per ${limits.budgetDuration}`;
    this.log.warn(
      { scope, softBudgetUsd: formatUsd(softBudgetNanoUsd), spentUsd: formatUsd(spentNanoUsd) },
      `${nameOf(payer)} has spent more than its soft budget of $${formatUsd(softBudgetNanoUsd)}${period}`,
    );
  }

  /** Adds the metric to a registry. */
  register(registry: Registry): void {
    const counts = this.#counts;
    new Counter({
      name: "darkroom_soft_budgets_crossed_total",
      help: "Times that somebody's spend went beyond their soft budget, at most once in each of its periods, by whose it is.",
      labelNames: ["scope"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [scope, count] of counts) this.inc({ scope }, count);
      },
    });
  }
}
