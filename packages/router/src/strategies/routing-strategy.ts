import type { Deployment } from "../deployments/deployment.js";
import { CostBased } from "./cost-based.js";
import { LatencyBased, type LatencyOptions } from "./latency-based.js";
import { LeastBusy } from "./least-busy.js";
import { haveWeights } from "./shares.js";
import { SimpleShuffle } from "./simple-shuffle.js";
import type { RoomOf, RoutedEdit, Strategy } from "./strategy.js";
import { TwoChoices } from "./two-choices.js";
import { UsageBased } from "./usage-based.js";

/** What a strategy is made with. */
export interface StrategyContext {
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly latency: LatencyOptions;
  readonly room: RoomOf;
}

const usageBased = ({ random, room }: StrategyContext) => new UsageBased(random, room);

/** By LiteLLM's names; `two-choices` is Darkroom's own. Adding a strategy is one file and one line here. */
const strategies = {
  "simple-shuffle": ({ random }: StrategyContext) => new SimpleShuffle(random),
  "least-busy": ({ random }: StrategyContext) => new LeastBusy(random),
  "latency-based-routing": ({ random, nowMs, latency }: StrategyContext) =>
    new LatencyBased(random, nowMs, latency),
  "cost-based-routing": ({ random }: StrategyContext) => new CostBased(random),
  "usage-based-routing": usageBased,
  "usage-based-routing-v2": usageBased,
  "two-choices": ({ random, nowMs, latency, room }: StrategyContext) =>
    new TwoChoices(random, nowMs, room, latency.ttlMs),
} satisfies Record<string, (context: StrategyContext) => Strategy>;

export type RoutingStrategy = keyof typeof strategies;

export const routingStrategies = Object.keys(strategies) as readonly RoutingStrategy[];

/**
 * A strategy for every group. Where a deployment of a group has a weight, the operator has said the shares of that
 * group, and its order is the weighted shuffle whatever the strategy.
 */
export function createStrategy(name: RoutingStrategy, context: StrategyContext): Strategy {
  const strategy: Strategy = strategies[name](context);
  const byWeight = new SimpleShuffle(context.random);
  return {
    order: (candidates: readonly Deployment[], edit: RoutedEdit) =>
      (haveWeights(candidates) ? byWeight : strategy).order(candidates, edit),
    ...(strategy.observer !== undefined && { observer: strategy.observer }),
  };
}
