/** Who pays for the edits: teams and keys with budgets of every kind, some of which are soon used up. */
import { setTimeout as pause } from "node:timers/promises";
import { SeededDraws } from "../../packages/proxy/dist/system/reconciliation/seeded-draws.js";

/** US dollars; an edit is reserved at some two, and at twenty at most. */
const budgets = { proxy: 60, soonSpent: 25, raised: 30, ofKey: 12, ofKeyInMonth: 20 };
/** By so much a budget is raised, of a team now and then, of the proxy with each start of a gateway. */
const raise = { team: 15, proxy: 20 };
const longestBetweenRaisesMs = 3_000;

const keysOfTeam = [
  {},
  { max_budget: budgets.ofKey },
  { max_budget: budgets.ofKeyInMonth, budget_duration: "30d" },
];

export class Payers {
  /** By meter, without its period: the most that it may ever have been given, in nano-dollars. */
  limits = new Map();
  /** How often a team's budget was raised. */
  raises = 0;
  #draws;
  #proxyDollars = budgets.proxy;
  #keys = [];
  #raised = [];

  constructor(seed) {
    this.#draws = new SeededDraws(seed, "payers");
  }

  /** For the configuration of a gateway that starts: as if somebody gave the proxy more, and started one after the other anew. */
  raisedProxyBudget() {
    this.#proxyDollars += raise.proxy;
    this.limits.set("proxy", nano(this.#proxyDollars));
    return { max_budget: this.#proxyDollars };
  }

  /** Has them made, by one gateway or another. @param {import("./fleet.mjs").Fleet} fleet */
  async make(fleet) {
    for (const budget of [undefined, budgets.soonSpent, budgets.raised, budgets.raised]) {
      const { team_id } = await this.#ask(fleet, "/team/new", { max_budget: budget });
      if (budget !== undefined) this.limits.set(`team:${team_id}`, nano(budget));
      if (budget === budgets.raised) this.#raised.push({ team_id, max_budget: budget });
      for (const { max_budget, budget_duration } of keysOfTeam) {
        const limits = { max_budget, budget_duration };
        const { key, token_id } = await this.#ask(fleet, "/key/generate", { ...limits, team_id });
        const period = budget_duration === undefined ? "" : `/${budget_duration}`;
        if (max_budget !== undefined) this.limits.set(`key:${token_id}${period}`, nano(max_budget));
        this.#keys.push(key);
      }
    }
  }

  /** Whose key an edit is sent with. */
  keyOf = ({ id }) => new SeededDraws("payer", id).oneOf(this.#keys);

  /** Raises budgets of teams now and then, through whichever gateway is there, until `isOver`. */
  async raise(fleet, isOver) {
    while (!isOver()) {
      await pause(this.#draws.between(0, longestBetweenRaisesMs));
      const team = this.#draws.oneOf(this.#raised);
      team.max_budget += raise.team;
      // It may hold although nobody says so.
      this.limits.set(`team:${team.team_id}`, nano(team.max_budget));
      try {
        await this.#ask(fleet, "/team/update", team);
        this.raises += 1;
      } catch {
        // Killed, or without PostgreSQL: whoever wants more asks again.
      }
    }
  }

  #ask(fleet, path, body) {
    return fleet.admin(this.#draws.oneOf(fleet.gateways), path, body);
  }
}

function nano(dollars) {
  return BigInt(dollars) * 1_000_000_000n;
}
