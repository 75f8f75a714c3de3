import type { Random } from "../random.js";
import { type Fault, type FaultRule, strikesAtHeaders } from "./fault.js";

/** The moment of a request at which a fault may strike. */
export type Moment =
  | { readonly at: "headers"; readonly key: string }
  | {
      readonly at: "answer";
      readonly key: string;
      readonly model: string;
      readonly user: string | undefined;
      readonly stream: boolean;
      /** Whether its pictures have a price of their own. */
      readonly pricedByPicture: boolean;
    };

/** The faults in force, tried in the order they were added; at most one strikes at each moment of a request. */
export class FaultList {
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  constructor(private readonly random: Random) {}

  add(rules: readonly FaultRule[]): void {
    for (const rule of rules) this.#rules.push({ rule, left: rule.count ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#rules = [];
  }

  /** What is in force, with how often each will still strike (null: for ever). */
  list(): readonly object[] {
    return this.#rules.map(({ rule, left }) => ({ ...rule, left: Number.isFinite(left) ? left : null }));
  }

  /** The fault that strikes now, if any; it counts as used. */
  strike(moment: Moment): Fault | undefined {
    const struck = this.#rules.find(({ rule }) => {
      if (!matches(rule, moment)) return false;
      return rule.probability === undefined || this.random() < rule.probability;
    });
    if (struck === undefined) return undefined;
    struck.left -= 1;
    if (struck.left <= 0) this.#rules = this.#rules.filter((other) => other !== struck);
    return struck.rule.fault;
  }
}

function matches(rule: FaultRule, moment: Moment): boolean {
  if (rule.key !== undefined && rule.key !== moment.key) return false;
  if (strikesAtHeaders(rule.fault) !== (moment.at === "headers")) return false;
  if (moment.at === "headers") return true;
  if (rule.fault.kind === "stream-error" && !moment.stream) return false;
  if (rule.fault.kind === "usage" && !moment.pricedByPicture) return false;
  if (rule.user !== undefined && rule.user !== moment.user) return false;
  return rule.model === undefined || rule.model === moment.model;
}
