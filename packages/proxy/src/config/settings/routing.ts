import type { Deployment, RouterOptions } from "@darkroom/router";
import type { Findings } from "../config-error.js";
import { millisecondsOf } from "../gateway-config.js";
import type { FileSettings } from "./schema.js";

/** How deployments of a group are chosen: strategy and tags. */
export function routingOf(
  { router_settings: router, litellm_settings: litellm }: FileSettings,
  deployments: readonly Deployment[],
  findings: Findings,
): Pick<RouterOptions, "strategy" | "latency" | "tagFilter"> {
  const strategy = router.routing_strategy ?? litellm.routing_strategy;
  const { ttl, lowest_latency_buffer } = router.routing_strategy_args ?? litellm.routing_strategy_args ?? {};
  const filtersByTags = router.enable_tag_filtering ?? litellm.enable_tag_filtering ?? false;
  const matchAny = router.tag_filtering_match_any ?? litellm.tag_filtering_match_any ?? true;
  if (strategy !== undefined && strategy !== "simple-shuffle") {
    const weighted = deployments.filter(({ weight }) => weight !== undefined).map(({ group }) => group);
    for (const group of new Set(weighted)) {
      findings.warn(`the weights of ${group} decide its shares, and not the routing_strategy ${strategy}`);
    }
  }
  const latency = {
    ...(ttl !== undefined && { ttlMs: millisecondsOf(ttl) }),
    ...(lowest_latency_buffer !== undefined && { lowestLatencyBuffer: lowest_latency_buffer }),
  };
  return {
    ...(strategy !== undefined && { strategy }),
    ...(Object.keys(latency).length > 0 && { latency }),
    ...(filtersByTags && { tagFilter: { matchAny } }),
  };
}
