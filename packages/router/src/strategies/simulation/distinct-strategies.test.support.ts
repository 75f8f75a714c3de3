import { type RoutingStrategy, routingStrategies } from "../routing-strategy.js";

/** Each strategy once, under one of its names. */
export const distinctStrategies: readonly RoutingStrategy[] = routingStrategies.filter(
  (name) => name !== "usage-based-routing-v2",
);
