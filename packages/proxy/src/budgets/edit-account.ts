import {
  type BudgetCalendar,
  type Limits,
  type Payer,
  type PayerMeter,
  budgetMeters,
  payersOfDeployment,
  rateMeters,
} from "@darkroom/accounts";
import {
  type Account,
  type AccountRefusal,
  type Charge,
  type Correction,
  type Deployment,
  type Meter,
  type MeterUse,
  type PlannedCall,
  type Refusal,
  type RequestBound,
  type RouterError,
  mostCharges,
  servedModel,
} from "@darkroom/router";
import {
  BudgetExceededError,
  type BudgetStatus,
  CallerLimitError,
  TooManyLimitsError,
  UnpricedError,
} from "./budget-errors.js";
import type { BudgetMeters } from "./budget-meters.js";

/** What all edits are held to. */
export interface BudgetRules {
  readonly calendar: BudgetCalendar;
  readonly meters: BudgetMeters;
  readonly status: BudgetStatus;
  /** What becomes of an edit whose cost nobody can bound and that a budget would have to pay for. */
  readonly unpriced: "refuse" | "allow";
  readonly deploymentLimits: ReadonlyMap<string, Limits>;
  readonly providerLimits: ReadonlyMap<string, Limits>;
  /** The group that serves a model, by whatever name: a limit of one model holds for all names of it. */
  readonly groupOf: (model: string) => string;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** What is left of a rate. */
export interface RateLeft {
  readonly of: "requests" | "tokens" | "images";
  /** Where it is one of a model alone. */
  readonly model?: string;
  readonly limit: bigint;
  readonly left: bigint;
}

/** Quotas have up to four limits of their own. */
const mostOfAccount = mostCharges - 4;

/** Who pays for one edit, and is limited: the router's view of keys, teams, users, customers and tags. */
export class EditAccount implements Account {
  readonly #known = new Map<string, PayerMeter>();
  readonly #rates: readonly PayerMeter[];
  readonly #use = new Map<string, MeterUse>();
  readonly #group: string;

  /**
   * @param asked the model as the client named it
   * @param model what that stands for, where the key or its team has a name of its own for it
   * @param cheaper what of an edit could be less for it to cost at most so much, in words
   */
  constructor(
    private readonly payers: readonly Payer[],
    private readonly asked: string,
    model: string,
    private readonly rules: BudgetRules,
    private readonly cheaper: (deployment: Deployment, mostNanoUsd: bigint) => readonly string[],
  ) {
    this.#group = rules.groupOf(model);
    this.#rates = rateMeters(payers, this.#group, (name) => this.#means(name, this.#group));
  }

  requestCharges({ images, tokens }: RequestBound): readonly Charge[] {
    const amounts = { requests: 1, images, tokens, "parallel requests": 1, money: 0 };
    return this.#rates.map((limit) => this.#charge(limit, BigInt(amounts[limit.of])));
  }

  callCharges({ deployment, estimate, nowMs }: PlannedCall): readonly Charge[] | RouterError {
    const { calendar, deploymentLimits, providerLimits, unpriced } = this.rules;
    const { id, provider = "openai" } = deployment;
    const ofDeployment = payersOfDeployment(
      { id, provider },
      { deployment: deploymentLimits.get(id) ?? {}, provider: providerLimits.get(provider) ?? {} },
    );
    const group = servedModel(deployment);
    const budgets = budgetMeters([...this.payers, ...ofDeployment], group, calendar, nowMs, (name) =>
      this.#means(name, group),
    );
    const [first] = budgets;
    if (budgets.length + this.#rates.length > mostOfAccount) return new TooManyLimitsError(mostOfAccount);
    if (first === undefined) return [];
    // What costs nothing is free for those as well whose budget is used up, as with LiteLLM.
    if (estimate?.nanoUsd === 0n) return [];
    if (estimate !== null) return budgets.map((budget) => this.#charge(budget, estimate.nanoUsd, deployment));
    return unpriced === "allow" ? [] : new UnpricedError(group, first);
  }

  admitted(use: readonly MeterUse[]): void {
    for (const one of use) this.#use.set(one.meter.key, one);
  }

  /** Tokens were taken by the most that the edit may count. */
  correctionsOf(
    requestCharges: readonly Charge[],
    { tokens }: { readonly tokens?: number },
  ): readonly Correction[] {
    if (tokens === undefined) return [];
    return requestCharges
      .filter(({ meter }) => this.#named(meter.key).of === "tokens")
      .map((charge) => ({ charge, used: BigInt(tokens) }));
  }

  /** What is left of the key's own rates, as of the last admission; none before the first. */
  get keyRates(): readonly RateLeft[] {
    return this.#rates.flatMap(({ payer, of, model, meter }) => {
      const now = payer.scope === "key" ? this.#use.get(meter.key) : undefined;
      if (now === undefined || of === "parallel requests" || of === "money") return [];
      const { limit, used } = now;
      return [{ of, limit, left: used < limit ? limit - used : 0n, ...(model !== undefined && { model }) }];
    });
  }

  spentOf({ key }: Meter): Promise<bigint> {
    return this.rules.meters.spentOf(this.#named(key));
  }

  refusalFor(refusal: Refusal): AccountRefusal {
    const of = this.#named(refusal.charge.meter.key);
    const { nowMs, calendar, status } = this.rules;
    if (of.of !== "money") return { error: new CallerLimitError(of, refusal, nowMs()), waits: false };
    const { used, reserved, limit, charge } = refusal;
    const waits = used + charge.amount <= limit;
    const deployment = this.#deployments.get(charge);
    const left = limit - used - reserved;
    const cheaper = deployment === undefined || left <= 0n ? [] : this.cheaper(deployment, left);
    const resetAtMs = calendar.resetAt(of.duration, nowMs());
    return { error: new BudgetExceededError({ of, refusal, status, resetAtMs, cheaper }, waits), waits };
  }

  /** Whether a limit of that name is one of a group: the name is the group's, an alias, or what the client called it. */
  #means(name: string, group: string): boolean {
    return (
      name === group || this.rules.groupOf(name) === group || (name === this.asked && group === this.#group)
    );
  }

  readonly #deployments = new WeakMap<Charge, Deployment>();

  #charge(limit: PayerMeter, amount: bigint, deployment?: Deployment): Charge {
    this.#known.set(limit.meter.key, limit);
    const charge: Charge = { meter: limit.meter, amount };
    if (deployment !== undefined) this.#deployments.set(charge, deployment);
    return charge;
  }

  #named(key: string): PayerMeter {
    const known = this.#known.get(key);
    if (known === undefined) throw new TypeError(`nobody is charged by ${key}`);
    return known;
  }
}
