import type { Deployment } from "./deployment.js";

/** How requests choose deployments by tags (LiteLLM's `enable_tag_filtering`). */
export interface TagFilter {
  /** Whether one tag in common is enough; else a deployment must have all of the request's (`tag_filtering_match_any`). */
  readonly matchAny: boolean;
}

/**
 * The deployments that a request with these tags may use, as in LiteLLM: those whose tags match; where none does, those
 * tagged `default`. A request without tags may use those tagged `default`, or any where there are none.
 */
export function tagged(
  deployments: readonly Deployment[],
  tags: readonly string[],
  { matchAny }: TagFilter,
): readonly Deployment[] {
  const defaults = deployments.filter((deployment) => has(deployment, "default"));
  if (tags.length === 0) return defaults.length > 0 ? defaults : deployments;
  const matching = deployments.filter((deployment) =>
    matchAny ? tags.some((tag) => has(deployment, tag)) : tags.every((tag) => has(deployment, tag)),
  );
  return matching.length > 0 ? matching : defaults;
}

function has({ tags = [] }: Deployment, tag: string): boolean {
  return tags.includes(tag);
}
